package demo

// Trousers, shorts and skirts are worn too, and shown from the waist down.
const (
	legs     = "M90 12 L54 12 Q44 60 46 120 Q46 180 50 227 Q64 231 79 227 Q84 150 88 82 L90 74"
	slimLegs = "M90 12 L56 12 Q42 52 48 112 Q54 180 57 227 Q66 230 76 227 Q82 150 88 82 L90 74"
	waist    = "M90 15 Q72 17 53 12 L52 24 Q72 29 90 27"
)

// legFolds are the creases at the crotch, the knees and the ankles.
func (c *canvas) legFolds(m mask, depth float32) {
	for _, crease := range []string{
		"M90 78 Q74 84 60 82", "M90 78 Q106 85 120 84", "M90 74 Q78 68 66 56", "M90 74 Q102 68 114 58",
		"M50 140 Q62 136 78 142", "M130 144 Q118 136 102 140", "M52 216 Q64 208 76 214", "M128 212 Q116 206 104 214",
	} {
		c.fold(m, crease, 4, 0.6*depth)
	}
}

// waistband draws the band with its loops and button.
func (c *canvas) waistband(on mask, l look, data string) {
	band := c.mask(half(data)).within(on)
	c.shade(band.blurred(2).shifted(0, 2).within(on), -0.2)
	c.fill(band, l.fabric.lit(-0.06))
	c.relief(band, 4, 0.6)
	c.fill(c.mask(both("M70 13 L74 13 L74 30 L70 30 Z")), l.fabric.lit(-0.16))
	c.shade(c.mask(ellipse(90.5, 21.8, 3, 3)), -0.4)
	c.ink(ellipse(90, 21, 2.7, 2.7), l.accent)
}

func drawJeans(c *canvas, l look) {
	l.fabric = denim(l.colour.mix(hex(0x66788c), 0.1+0.9*min(0.33, l.colour.luma())))
	c.feet()
	c.hips(l, 12)
	cut := legs
	if l.women {
		cut = slimLegs
	}
	m := c.cloth(half(cut), l.fabric)
	for _, leg := range []string{"M66 60 Q62 90 63 130", "M114 60 Q118 90 117 130", "M64 160 Q64 190 65 210",
		"M116 160 Q116 190 115 210"} {
		c.gleam(m, parsePath(leg).stroke(13), 7, 0.42)
	}
	c.legFolds(m, 0.9)
	c.waistband(m, l, waist)
	thread := plain(hex(0xc99a52))
	pockets := both("M55 44 Q70 46 74 28")
	c.seam(m, pockets, 1.6, -0.35)
	c.fill(c.mask(pockets.shifted(0, 2).stitches()).within(m), thread)
	fly := parsePath("M98 28 L98 56 Q98 66 90 70")
	c.seam(m, parsePath("M90 28 L90 78"), 1.4, -0.4)
	c.fill(c.mask(fly.stitches()).within(m), thread)
	c.seam(m, both("M86 90 Q82 150 78 232"), 1.2, -0.25)
	c.fill(c.mask(both("M46 222 Q64 226 80 222").stitches()).within(m), thread)
}

func drawTrousers(c *canvas, l look) {
	c.feet()
	c.hips(l, 12)
	m := c.cloth(half(legs), l.fabric)
	c.legFolds(m, 0.55)
	crease := both("M66 70 Q62 150 63 234")
	c.shade(c.mask(crease.shifted(3, 0).stroke(4)).blurred(2).within(m), -0.22)
	c.shade(c.mask(crease.shifted(-1, 0).stroke(3)).blurred(2).within(m), 0.2)
	c.waistband(m, l, waist)
	c.seam(m, both("M53 50 L66 28"), 1.5, -0.4)
	c.seam(m, parsePath("M90 28 L90 78"), 1.3, -0.4)
}

// drawTrackPants lays them flat.
func drawTrackPants(c *canvas, l look) {
	c.solid(half("M90 8 L58 8 L58 20 L90 24"), plain(l.colour.lit(-0.4)), 6, 0.6)
	m := c.cloth(half(legs), l.fabric)
	c.legFolds(m, 0.9)
	for _, x := range []float32{0, 6} {
		c.print(m, both("M56 28 Q48 70 50 120 Q50 180 52 236").shifted(x, 0).stroke(2.6), l.colour.contrast())
	}
	band := c.mask(half(waist)).within(m)
	c.fill(band, knitted(plain(l.colour.lit(-0.1))))
	c.relief(band, 4, 0.8)
	c.ink(both("M87 26 Q84 40 82 50").stroke(2), l.colour.contrast())
}

// drawShorts lays them flat.
func drawShorts(c *canvas, l look) {
	c.solid(half("M90 46 L52 46 L52 58 L90 62"), plain(l.colour.lit(-0.4)), 6, 0.6)
	m := c.cloth(half("M90 50 L48 50 Q36 100 28 184 Q56 194 84 190 Q88 150 90 130"), l.fabric)
	for _, crease := range []string{"M90 128 Q72 132 52 130", "M90 128 Q108 134 128 134", "M90 120 Q76 110 62 92",
		"M90 120 Q104 110 120 96", "M40 170 Q52 150 56 120", "M140 170 Q128 150 122 120"} {
		c.fold(m, crease, 5, 0.55)
	}
	band := c.mask(half("M90 53 Q68 55 44 50 L44 63 Q68 68 90 66")).within(m)
	c.fill(band, l.fabric.lit(-0.08))
	c.relief(band, 4, 0.8)
	c.seam(m, both("M42 92 Q56 90 62 66"), 1.5, -0.35)
	c.seam(m, parsePath("M90 66 L90 130"), 1.3, -0.35)
	c.seam(m, both("M90 184 Q56 186 28 178"), 1, -0.25)
	c.ink(both("M88 66 Q84 80 83 92").stroke(2.2), l.colour.contrast())
}

func drawSkirt(c *canvas, l look) {
	c.place(0.82, 0)
	c.solid(both("M54 140 Q56 195 61 228 Q57 262 65 300 L81 300 Q84 262 82 228 Q87 195 88 140 Z"),
		plain(l.model.skin), 7, 1)
	c.hips(l, 44)
	m := c.cloth(half("M90 46 L56 44 Q44 90 26 160 Q34 168 46 164 Q56 173 68 168 Q80 175 90 170"), l.fabric.wavy())
	for _, pleat := range []string{"M60 66 Q50 110 40 170", "M72 66 Q66 110 62 170", "M84 66 Q82 110 82 174",
		"M98 66 Q102 110 104 174", "M110 66 Q117 110 122 170", "M121 66 Q132 110 142 168"} {
		c.fold(m, pleat, 7, 0.8)
	}
	band := c.mask(half("M90 48 Q70 50 50 44 L50 60 Q70 65 90 63")).within(m)
	c.fill(band, plain(l.colour.lit(-0.15)))
	c.relief(band, 4, 0.9)
}
