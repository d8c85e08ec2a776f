package demo

func drawHandbag(c *canvas, l look) {
	c.shadow(ellipse(90, 206, 76, 6), 3, 0.5)
	back, front := parsePath("M58 104 C60 24 120 24 122 104"), parsePath("M50 116 C48 34 132 34 130 116")
	c.solid(back.stroke(6), leather(l.colour.lit(-0.4)), 3, 1)
	c.solid(half("M90 92 L44 94 L38 108 L90 110"), leather(l.colour.lit(-0.35)), 4, 0.7)
	m := c.solid(half("M90 98 L42 98 Q30 100 26 114 Q14 160 12 190 Q14 204 28 206 Q60 209 90 209"), leather(l.colour),
		9, 1.2)
	for _, pleat := range []string{"M40 112 Q34 146 34 182", "M60 114 Q56 150 58 186", "M120 114 Q124 150 122 186",
		"M140 112 Q146 146 146 182"} {
		c.fold(m, pleat, 5, 0.6)
	}
	c.gleam(m, parsePath("M32 124 Q24 156 24 182").stroke(5), 3, 0.4)
	c.gleam(m, parsePath("M48 126 Q44 156 46 176 M134 126 Q138 156 136 176").stroke(4), 3, 0.25)
	base := c.mask(half("M90 186 Q50 186 6 182 L6 212 L90 212")).within(m)
	c.fill(base, leather(l.colour.lit(-0.22)))
	c.relief(base, 5, 0.9)
	yoke := c.mask(half("M90 94 L30 94 L26 116 Q60 122 90 122")).within(m)
	c.fill(yoke, leather(l.colour.lit(-0.1)))
	c.relief(yoke, 4, 1)
	thread := plain(l.colour.mix(l.colour.contrast(), 0.5))
	c.fill(c.mask(both("M90 118 Q60 118 27 112").stitches()).within(m), thread)
	c.fill(c.mask(both("M90 190 Q50 190 12 186").stitches()).within(m), thread)
	c.solid(front.stroke(7), leather(l.colour.lit(-0.12)), 3, 1.2)
	for _, x := range []float32{50, 130} {
		tab := box(x-7, 112, 14, 24, 4)
		c.shade(c.mask(tab).blurred(2).shifted(1, 2), -0.3)
		c.solid(tab, leather(l.colour.lit(-0.2)), 3, 1)
		c.ink(ellipse(x, 114, 5, 5).stroke(2.6), fittings)
		c.solid(ellipse(x, 130, 2.4, 2.4), plain(fittings), 2, 1)
	}
	c.solid(box(79, 130, 22, 13, 2), metal(fittings), 2, 0.8)
}

func drawBackpack(c *canvas, l look) {
	c.shadow(ellipse(90, 222, 58, 6), 3, 0.5)
	c.ink(parsePath("M76 36 C74 8 106 8 104 36").stroke(6), l.colour.lit(-0.35))
	c.solid(both("M44 60 Q22 80 22 130 Q22 180 36 206 L46 200 Q34 150 38 110 Q42 80 52 70 Z"),
		plain(l.accent.lit(-0.1)), 4, 1)
	m := c.solid(half("M90 26 Q58 26 48 46 Q38 66 36 120 Q32 180 36 208 Q40 222 56 223 L90 224"), l.fabric, 13, 1.15)
	c.fold(m, "M50 70 Q56 110 48 150", 7, 0.4)
	c.fold(m, "M132 70 Q126 110 134 150", 7, 0.4)
	c.seam(m, both("M90 38 Q62 38 56 62 Q50 90 50 122"), 2.6, -0.45)
	c.zip(m, l, parsePath("M52 116 Q56 44 90 41 Q124 44 128 116"))
	pocket := half("M90 134 Q64 134 52 140 Q46 160 46 190 Q48 212 60 213 L90 214")
	c.shade(c.mask(pocket).blurred(4).shifted(0, 3).within(m), -0.3)
	p := c.solid(pocket, l.fabric.lit(-0.08), 9, 1)
	c.zip(p, l, parsePath("M54 152 Q90 140 126 152"))
	c.ink(box(72, 84, 36, 22, 4), l.accent)
	c.relief(c.mask(box(72, 84, 36, 22, 4)), 3, 0.8)
	c.ink(box(79, 92, 22, 3, 1), l.accent.contrast())
	c.ink(box(79, 98, 14, 2, 1), l.accent.contrast())
	c.solid(both("M36 150 Q28 166 30 204 Q34 214 46 212 Q40 180 42 152 Z"), l.fabric.lit(-0.18), 5, 1)
	c.ink(both("M66 42 L64 134").stroke(4), l.accent.lit(-0.05))
}

// drawWallet draws a folded one for men and a long one with a flap for women.
func drawWallet(c *canvas, l look) {
	c.shadow(box(24, 90, 132, 86, 6), 8, 0.4)
	if l.women {
		c.longWallet(l)
		return
	}
	c.solid(box(22, 76, 136, 96, 6), leather(l.colour.lit(-0.3)), 4, 1)
	m := c.solid(box(20, 70, 138, 98, 6), leather(l.colour), 8, 1)
	c.gleam(m, parsePath("M36 90 Q80 84 130 88").stroke(14), 9, 0.2)
	c.ink(box(25, 75, 128, 88, 4).stitches(), l.colour.mix(l.colour.contrast(), 0.5))
	c.seam(m, parsePath("M89 70 L89 168"), 2.4, -0.4)
	c.seam(m, parsePath("M91 70 L91 168"), 1, 0.15)
	c.shade(c.mask(box(112, 140, 30, 12, 2)), -0.12)
	c.seam(m, box(112, 140, 30, 12, 2), 0.8, -0.3)
}

func (c *canvas) longWallet(l look) {
	m := c.solid(box(12, 88, 156, 84, 6), leather(l.colour), 8, 1.1)
	flap := box(12, 88, 156, 44, 5)
	c.shade(c.mask(flap).blurred(3).shifted(0, 3).within(m), -0.35)
	f := c.solid(flap, leather(l.colour.lit(0.04)), 6, 1)
	c.gleam(f, parsePath("M30 100 Q90 96 150 100").stroke(7), 5, 0.3)
	thread := plain(l.colour.mix(l.colour.contrast(), 0.45))
	c.fill(c.mask(box(17, 93, 146, 34, 3).stitches()), thread)
	c.fill(c.mask(box(17, 134, 146, 33, 3).stitches()).within(m), thread)
	c.solid(box(80, 122, 20, 16, 4), metal(fittings), 3, 0.9)
}
