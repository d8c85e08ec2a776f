package demo

func drawNailPolish(c *canvas, l look) {
	c.shadow(ellipse(90, 214, 34, 6), 3, 0.5)
	lid := c.solid(half("M90 22 L75 24 Q70 76 69 128 L90 130"), plain(black), 5, 1)
	c.gleam(lid, parsePath("M80 32 L77 120").stroke(4), 2, 0.5)
	c.solid(box(74, 127, 32, 10, 2), metal(chrome), 3, 1)
	glass := c.solid(box(58, 136, 64, 78, 10), plain(l.colour), 9, 1.1)
	c.gleam(glass, box(64, 144, 7, 60, 3), 2, 0.6)
	c.gleam(glass, box(110, 146, 4, 54, 2), 2, 0.3)
	c.shade(c.mask(box(60, 206, 60, 7, 4)).blurred(1).within(glass), 0.45)
}

func drawLipstick(c *canvas, l look) {
	c.shadow(ellipse(90, 214, 52, 6), 3, 0.5)
	bullet := "M92 104 L92 72 Q104 56 116 52 L116 104 Z"
	stick := c.solid(parsePath(bullet), plain(l.colour), 8, 1.2)
	c.ink(parsePath("M93 72 Q104 59 115 54 Q118 64 108 71 Q99 77 93 72 Z"), l.colour.lit(0.22))
	c.gleam(stick, parsePath("M97 100 L97 76").stroke(4), 2, 0.4)
	c.solid(box(89, 100, 30, 40, 2), metal(gold), 6, 1.1)
	for _, x := range []float32{84, 44} { // the tube and its lid
		tube := box(x, 138, 40, 76, 4)
		if x < 60 {
			tube = box(x, 118, 36, 96, 4)
		}
		m := c.solid(tube, plain(hex(0x2b2226)), 10, 1.2)
		c.gleam(m, tube.mapped(func(p point) point { return point{x + 8 + (p.x-x)*0.15, p.y} }), 2, 0.4)
		c.fill(c.mask(box(x, 138, 40, 6, 0)).within(m), metal(gold))
	}
}

func drawPerfume(c *canvas, l look) {
	c.shadow(ellipse(90, 214, 56, 6), 3, 0.5)
	c.solid(box(70, 44, 40, 42, 4), metal(l.accent), 6, 1.1)
	c.solid(box(78, 84, 24, 12, 2), metal(chrome), 3, 1)
	bottle := box(38, 94, 104, 120, 12)
	m := c.solid(bottle, plain(l.colour.mix(white, 0.72)), 8, 0.8)
	c.fill(c.mask(box(46, 120, 88, 86, 8)), func(_, y float32) rgb { return l.colour.lit(0.3 * (1 - (y-120)/86)) })
	c.relief(c.mask(box(46, 120, 88, 86, 8)), 12, 0.7)
	c.gleam(m, box(52, 104, 9, 98, 4), 3, 0.5)
	label := c.mask(box(64, 146, 52, 32, 2))
	c.fill(label, plain(white.mix(l.colour, 0.06)))
	c.ink(box(72, 155, 36, 4, 1), l.colour.lit(-0.4))
	c.ink(box(78, 164, 24, 2.5, 1), l.colour.lit(-0.4))
}
