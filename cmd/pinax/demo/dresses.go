package demo

func drawDress(c *canvas, l look) {
	switch l.style {
	case "strappy":
		drawStrappyDress(c, l)
	default:
		drawFlaredDress(c, l)
	}
}

func drawFlaredDress(c *canvas, l look) {
	c.body(l)
	m := c.cloth(half("M90 66 Q74 62 68 36 L55 39 Q62 56 50 70 Q58 86 60 104 Q50 150 26 214 Q36 224 50 220 "+
		"Q62 230 74 224 Q82 230 90 226"), l.fabric.wavy())
	c.fold(m, "M56 74 Q70 86 82 82", 5, 0.5)
	c.fold(m, "M124 74 Q110 86 98 82", 5, 0.5)
	for _, drape := range []string{"M66 112 Q56 160 44 220", "M76 112 Q70 170 66 226", "M87 112 Q86 170 85 228",
		"M97 112 Q101 170 103 228", "M106 112 Q115 170 121 226", "M115 112 Q128 160 138 220"} {
		c.fold(m, drape, 6, 0.65)
	}
	belt := c.mask(half("M90 101 Q72 102 56 98 L56 108 Q72 112 90 111")).within(m)
	c.fill(belt, plain(l.colour.lit(-0.3)))
	c.relief(belt, 4, 0.8)
	c.seam(m, parsePath("M69 34 Q74 52 90 56 Q106 52 111 14"), 3, -0.2)
}

func drawStrappyDress(c *canvas, l look) {
	c.body(l)
	c.ink(both("M66 56 Q62 44 66 36").stroke(4), l.colour.lit(-0.1))
	m := c.cloth(half("M90 62 Q78 48 66 50 Q58 60 54 70 Q60 80 63 96 Q54 150 44 228 Q52 234 62 231 Q76 237 90 233"),
		l.fabric.wavy())
	for _, drape := range []string{"M68 94 Q60 160 54 230", "M80 94 Q76 170 74 234", "M94 94 Q97 170 98 234",
		"M106 94 Q113 170 118 232", "M114 94 Q124 160 130 228"} {
		c.fold(m, drape, 6, 0.65)
	}
	c.fold(m, "M62 70 Q74 82 86 78", 5, 0.5)
	c.fold(m, "M118 70 Q106 84 96 78", 5, 0.5)
	c.seam(m, both("M90 96 Q76 97 60 94"), 3, -0.3)
}
