package demo

// Tops are worn: first who wears them, then the sleeves, then the body over them. Outlines of symmetric pieces are left
// halves, from the axis x = 90 and back to it.
const (
	shortBody  = "M90 62 Q73 59 66 33 Q52 39 35 45 Q45 80 43 112 Q42 160 41 204 Q64 211 90 211"
	poloBody   = "M90 74 Q78 60 67 33 Q52 39 35 45 Q45 80 43 112 Q42 160 41 204 Q64 211 90 211"
	vBody      = "M90 86 Q76 62 66 33 Q52 39 35 45 Q45 80 43 112 Q42 160 41 204 Q64 211 90 211"
	shortArm   = "M37 44 Q22 52 15 76 L7 100 Q19 112 36 113 Q43 96 47 84 Q44 62 37 44 Z"
	longArm    = "M37 44 Q23 51 18 80 Q9 130 10 190 Q18 199 31 196 Q35 150 44 108 Q47 74 37 44 Z"
	tailBody   = "M90 72 Q78 58 67 33 Q52 37 35 43 Q45 78 43 112 Q41 160 39 196 Q48 216 64 218 Q80 212 90 210"
	tuckedBody = "M90 72 Q78 58 67 33 Q52 37 35 43 Q46 78 45 112 Q44 150 43 180 Q40 188 48 192 Q64 199 90 199"
	pulledBody = "M90 60 Q74 57 67 33 Q52 39 35 45 Q45 80 43 112 Q40 160 42 196 Q46 206 44 213 Q66 218 90 218"
)

// torsoFolds are the creases of cloth that hangs from two shoulders.
func (c *canvas) torsoFolds(body mask, depth float32) {
	c.fold(body, "M46 92 Q64 104 76 108", 5, depth*0.5)
	c.fold(body, "M134 92 Q116 106 104 108", 5, depth*0.5)
	c.fold(body, "M46 170 Q66 150 84 146", 6, depth*0.45)
	c.fold(body, "M136 178 Q118 152 100 144", 6, depth*0.55)
	c.fold(body, "M64 120 Q60 160 66 206", 8, depth*0.35)
	c.fold(body, "M118 118 Q124 160 117 208", 8, depth*0.4)
}

// arms draws two sleeves, the pattern turned along each of them.
func (c *canvas) arms(data string, fabric paint, degrees float64) {
	left := parsePath(data)
	c.armFolds(c.cloth(left, fabric.turned(degrees)))
	c.armFolds(c.cloth(left.reflected(), fabric.turned(-degrees)))
}

func (c *canvas) armFolds(arm mask) {
	for _, crease := range []string{"M14 100 Q26 92 44 88", "M10 140 Q24 128 40 124", "M166 100 Q154 92 136 88",
		"M170 140 Q156 128 140 124"} {
		c.fold(arm, crease, 4, 0.5)
	}
}

func drawTshirt(c *canvas, l look) {
	if l.style == "polo" {
		drawPolo(c, l)
		return
	}
	c.bust(l)
	body, neck := shortBody, "M66 33 Q73 59 90 62 Q107 59 114 33"
	if l.style == "v-neck" {
		body, neck = vBody, "M66 33 Q76 62 90 86 Q104 62 114 33"
	}
	c.arms(shortArm, l.fabric, 24)
	front := c.cloth(half(body), l.fabric)
	c.torsoFolds(front, 1)
	c.panel(front, parsePath(neck).stroke(6), plain(l.colour.lit(-0.08)))
	c.seam(front, both("M90 205 Q64 205 41 198"), 0.9, -0.2)
	if l.style == "print" {
		c.chestPrint(l)
	}
}

// chestPrint is a sun over hills, in two inks.
func (c *canvas) chestPrint(l look) {
	ink, second := l.colour.contrast(), l.accent
	disc := c.mask(ellipse(90, 112, 27, 27))
	c.fill(disc, plain(ink))
	c.print(disc, ellipse(94, 106, 13, 13), second)
	c.print(disc, parsePath("M60 126 Q76 104 90 122 Q102 108 120 128 L120 142 L60 142 Z"), ink.mix(second,
		0.5).lit(-0.15))
	c.print(disc, parsePath("M60 132 Q84 118 120 136 L120 146 L60 146 Z"), l.colour.mix(ink, 0.25))
	for y := float32(146); y < 160; y += 6 {
		c.ink(box(90-(168-y), y, 2*(168-y), 3, 1), ink)
	}
}

func drawPolo(c *canvas, l look) {
	c.bust(l)
	c.arms(shortArm, l.fabric, 24)
	front := c.cloth(half(poloBody), l.fabric)
	c.torsoFolds(front, 0.9)
	c.placket(front, l, 72, 108)
	c.collar(l, "M90 76 Q76 58 70 27 Q60 32 56 44 L71 82 Q82 82 90 76 Z")
	c.seam(front, both("M90 205 Q64 205 41 198"), 0.9, -0.2)
	c.ink(box(112, 84, 7, 6, 2), l.accent)
}

// collar draws a pair of collar wings from the outline of the left one.
func (c *canvas) collar(l look, wing string) {
	for _, contour := range both(wing) {
		side := path{contour}
		c.shade(c.mask(side).blurred(3).shifted(1, 3), -0.25)
		m := c.solid(side, l.fabric.turned(35), 4, 0.8)
		c.seam(m, side.stroke(0.8), 0.8, -0.12)
	}
}

// placket is the double strip of cloth that carries the buttons, between two heights.
func (c *canvas) placket(on mask, l look, top, bottom float32) {
	strip := c.mask(box(84.5, top, 11, bottom-top, 1)).within(on)
	c.shade(strip.blurred(2).shifted(1, 1).within(on), -0.16)
	c.fill(strip, l.fabric)
	c.shade(strip, 0.05)
	c.seam(on, box(84.5, top, 11, bottom-top, 1), 0.7, -0.28)
	button := l.colour.mix(white, 0.55)
	if l.colour.luma() > 0.7 {
		button = l.colour.lit(-0.3)
	}
	for y := top + 12; y < bottom-4; y += 20 {
		c.shade(c.mask(ellipse(90.6, y+0.8, 2.4, 2.4)), -0.4)
		c.ink(ellipse(90, y, 2.1, 2.1), button)
	}
}

func drawShirt(c *canvas, l look) {
	c.bust(l)
	c.arms(longArm, l.fabric, 8)
	for _, cuff := range both("M9 178 L34 182 L33 198 Q20 202 9 194 Z") {
		c.solid(path{cuff}, l.fabric.turned(90), 4, 0.7)
	}
	cut := tailBody
	if l.style == "" {
		cut = tuckedBody
		c.belt()
	}
	front := c.cloth(half(cut), l.fabric)
	c.torsoFolds(front, 0.9)
	c.placket(front, l, 70, 214)
	c.collar(l, "M90 74 Q76 56 70 25 Q60 30 55 42 L68 86 Q82 82 90 74 Z")
	pocket := parsePath("M110 88 L132 88 L132 108 L121 114 L110 108 Z")
	c.shade(c.mask(pocket).within(front), -0.05)
	c.seam(front, pocket, 0.9, -0.3)
}

// belt is worn with a tucked shirt.
func (c *canvas) belt() {
	c.solid(half("M90 194 Q64 194 44 186 L43 202 Q64 211 90 211"), leather(black.lit(0.05)), 3, 1)
	c.fill(c.mask(box(82, 196, 16, 13, 2).stroke(3)), metal(chrome))
}

func drawTop(c *canvas, l look) {
	c.bust(l)
	front := c.cloth(half("M90 80 Q72 78 66 36 L52 40 Q58 78 44 88 Q54 116 56 130 Q48 168 38 206 Q62 217 90 217"),
		l.fabric.wavy())
	c.fold(front, "M56 98 Q72 106 84 104", 5, 0.5)
	c.fold(front, "M124 98 Q108 108 98 104", 5, 0.5)
	for _, drape := range []string{"M66 132 Q60 170 54 214", "M82 134 Q80 176 78 216", "M100 134 Q103 176 105 216",
		"M116 132 Q124 170 130 214"} {
		c.fold(front, drape, 7, 0.6)
	}
	c.seam(front, both("M90 131 Q72 132 55 128"), 1.2, -0.3)
	c.seam(front, parsePath("M66 36 Q72 78 90 80 Q108 78 114 36"), 3, -0.18)
}

func drawSweatshirt(c *canvas, l look) {
	hooded := l.style == "hooded"
	if hooded {
		c.place(wornScale, wornTop)
		c.cloth(half("M90 -6 Q56 -2 52 36 Q56 58 72 66 L90 72"), plain(l.colour.lit(-0.25)))
	}
	c.bust(l)
	c.arms(longArm, l.fabric, 8)
	c.cuffs(l)
	front := c.cloth(half(pulledBody), l.fabric)
	c.torsoFolds(front, 1.2)
	c.panel(front, half("M90 200 Q66 200 43 196 L44 214 Q66 219 90 219"), l.ribbing())
	if hooded {
		c.hoodAndPouch(front, l)
		return
	}
	c.panel(front, parsePath("M67 33 Q74 57 90 60 Q106 57 113 33").stroke(9), l.ribbing())
	c.seam(front, parsePath("M82 63 L90 76 L98 63"), 1, -0.25)
	if l.style == "print" {
		c.chestPrint(l)
	}
}

func (c *canvas) hoodAndPouch(front mask, l look) {
	pouch := half("M90 142 L64 142 L54 168 L56 190 L90 191")
	c.relief(c.mask(pouch).within(front), 5, 0.7)
	c.seam(front, pouch, 1.1, -0.35)
	c.solid(both("M62 26 Q60 50 90 74 L88 86 Q62 78 51 46 Q52 32 62 26 Z"), l.fabric.lit(-0.04), 5, 1)
	for _, cord := range []string{"M82 78 Q80 96 82 112", "M98 78 Q101 94 99 108"} {
		c.ink(parsePath(cord).stroke(2.4), l.colour.contrast())
	}
}

// drawJacket draws it open over a plain T-shirt.
func drawJacket(c *canvas, l look) {
	c.bust(l)
	shirt := c.cloth(half("M90 64 Q74 60 67 34 L56 40 L54 206 L90 208"), plain(l.above))
	c.torsoFolds(shirt, 0.8)
	c.arms(longArm, l.fabric, 8)
	c.cuffs(l)
	left := parsePath("M67 32 Q52 38 35 45 Q45 80 43 112 Q40 160 42 196 L43 214 L78 216 Q80 150 74 100 Q70 66 72 44 " +
		"Z")
	c.shade(c.mask(left.pair()).blurred(3).shifted(2, 2).within(shirt), -0.35)
	for _, side := range []path{left, left.reflected()} {
		m := c.cloth(side, l.fabric)
		c.torsoFolds(m, 1.3)
		c.gleam(m, both("M50 70 Q52 110 50 150").stroke(6), 4, 0.2)
		c.seam(m, both("M40 84 Q60 92 76 92"), 1.4, -0.4)
		c.panel(m, half("M90 200 Q66 202 38 198 L38 219 L90 219"), l.ribbing())
		c.zip(m, l, both("M72 44 Q70 66 74 100 Q80 150 78 216"))
	}
	pockets := both("M50 146 L64 170")
	c.ink(pockets.stroke(4), l.colour.lit(-0.45))
	c.shade(c.mask(pockets.shifted(1, 1).stroke(1)), 0.3)
	c.solid(both("M73 48 L70 26 Q60 28 55 42 L66 84 Z"), l.fabric.lit(-0.08), 4, 1)
}

// cuffs draws knitted bands around the wrists.
func (c *canvas) cuffs(l look) {
	for _, cuff := range both("M9 182 L34 184 L31 202 Q20 205 11 200 Z") {
		c.solid(path{cuff}, l.ribbing(), 4, 0.8)
	}
}

// ribbing is the elastic knit of hems, cuffs and necks.
func (l look) ribbing() paint { return knitted(plain(l.colour.lit(-0.15))) }

// zip draws a closed zip along a line, with bright teeth on a dark tape.
func (c *canvas) zip(on mask, l look, line path) {
	c.shade(c.mask(line.stroke(7)).blurred(1).within(on), -0.3)
	c.print(on, line.stroke(3), l.colour.lit(-0.5))
	c.print(on, line.stitches(), hex(0xd9d9dc))
}

func drawKurta(c *canvas, l look) {
	c.bust(l)
	c.arms("M42 30 Q28 38 24 62 Q17 100 17 132 Q26 138 36 136 Q42 106 48 84 Q48 52 42 30 Z", l.fabric, 8)
	front := c.cloth(half("M90 60 Q76 44 68 20 Q54 25 41 31 Q50 60 50 84 Q46 150 36 224 Q62 233 90 233"), l.fabric)
	for _, drape := range []string{"M64 100 Q58 160 54 228", "M78 110 Q75 170 76 232", "M102 110 Q106 170 106 232",
		"M118 100 Q124 160 128 228"} {
		c.fold(front, drape, 7, 0.5)
	}
	c.fold(front, "M50 70 Q66 80 76 82", 5, 0.5)
	c.fold(front, "M130 70 Q114 82 104 82", 5, 0.5)
	trim := plain(l.accent)
	c.fill(c.mask(parsePath("M68 20 Q76 44 90 60 Q104 44 112 20").stroke(6)).within(front), trim)
	c.fill(c.mask(box(85, 54, 10, 46, 2)).within(front), trim)
	c.fill(c.mask(half("M90 219 Q62 219 30 211 L30 222 Q62 228 90 228")).within(front), trim)
	for y := float32(62); y < 98; y += 9 {
		c.ink(ellipse(90, y, 1.8, 1.8), l.accent.contrast())
	}
	c.seam(front, both("M42 172 L40 226"), 2, -0.3)
}
