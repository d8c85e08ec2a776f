package demo

func drawSunglasses(c *canvas, l look) {
	frame := plain(l.colour)
	c.tilt(-3)
	c.shadow(ellipse(90, 152, 74, 4), 3, 0.3)
	for _, temple := range []string{"M22 104 Q60 84 104 84 L118 94", "M158 104 Q166 92 172 84 L174 98"} {
		c.solid(parsePath(temple).stroke(4), frame, 2, 1)
	}
	lens := both("M84 106 Q56 98 22 104 Q18 120 28 136 Q40 148 60 144 Q80 138 84 112 Z")
	m := c.mask(lens)
	c.fill(m, func(_, y float32) rgb { return l.accent.lit(0.5 * clamp((y-104)/44)) })
	c.gleam(m, both("M34 108 L52 106 L38 134 Z"), 3, 0.35)
	c.solid(lens.stroke(5.5), frame, 2, 1)
	c.solid(parsePath("M82 108 Q90 102 98 108").stroke(5), frame, 2, 1)
}

func drawBelt(c *canvas, l look) {
	skin := leather(l.colour)
	c.shadow(ellipse(90, 146, 76, 10), 6, 0.45)
	c.solid(parsePath("M14 108 C16 78 164 78 166 108 L166 128 C160 102 20 102 14 128 Z"), leather(l.colour.lit(-0.42)), 5, 0.8)
	front := c.solid(parsePath("M14 106 C16 136 164 136 166 106 L166 132 C164 164 16 164 14 132 Z"), skin, 6, 1.1)
	c.gleam(front, parsePath("M40 132 Q60 138 80 139").stroke(7), 4, 0.25)
	c.fill(c.mask(parsePath("M18 114 C24 138 156 138 162 114 M18 134 C24 158 156 158 162 134").stitches()).within(front), plain(l.colour.lit(0.35)))
	for x := float32(108); x < 150; x += 11 {
		c.shade(c.mask(ellipse(x, 143-(x-90)*(x-90)/400, 1.6, 2)), -0.6)
	}
	c.shade(c.mask(box(62, 122, 38, 44, 5)).blurred(3).shifted(1, 2), -0.3)
	steel := metal(hex(0xcfd0d3))
	c.solid(box(63, 124, 34, 38, 5).stroke(6), steel, 2, 1)
	c.solid(parsePath("M66 143 L96 142").stroke(4), steel, 2, 1)
	c.solid(box(104, 124, 9, 34, 2), leather(l.colour.lit(-0.12)), 3, 1)
}

func drawTie(c *canvas, l look) {
	c.shadow(parsePath("M82 40 L98 40 L104 200 L90 230 L76 200 Z"), 3, 0.25)
	c.solid(parsePath("M84 12 Q104 6 116 22 L106 62 L94 58 L98 30 Q92 28 88 34 Z"), l.fabric.lit(-0.25), 4, 1)
	c.solid(parsePath("M76 10 Q92 4 102 12 L98 40 L84 42 Z"), l.fabric.turned(40), 4, 1)
	m := c.solid(parsePath("M83 36 Q92 40 99 36 L107 202 L92 234 L76 204 Z"), l.fabric, 6, 1)
	c.gleam(m, parsePath("M88 60 L86 200").stroke(5), 4, 0.25)
}

func drawSocks(c *canvas, l look) {
	sock := "M40 28 Q60 34 82 30 Q84 90 86 130 Q92 152 116 168 Q138 184 130 202 Q118 218 92 204 Q60 186 48 160 Q42 130 44 90 Z"
	for _, x := range []float32{26, -8} {
		p := parsePath(sock).shifted(x, 0)
		c.shadow(p, 4, 0.25)
		m := c.cloth(p, knitted(l.fabric))
		patch := plain(l.accent)
		for _, part := range []string{"M104 150 Q150 180 136 214 L96 218 Q118 190 104 150 Z", "M44 136 Q58 140 70 164 Q62 182 52 184 Q42 160 44 136 Z", "M38 20 L86 20 L84 46 Q62 50 40 46 Z"} {
			piece := c.mask(parsePath(part).shifted(x, 0)).within(m)
			c.fill(piece, knitted(patch))
			c.relief(piece.within(m), 5, 0.5)
		}
		c.fold(m, "M46 120 Q62 128 84 118", 5, 0.6)
		c.fold(m, "M50 146 Q66 146 86 136", 5, 0.6)
		c.relief(m, 8, 0.5)
	}
}

func drawCap(c *canvas, l look) {
	c.shadow(ellipse(84, 168, 76, 7), 3, 0.4)
	crown := parsePath("M52 152 Q44 96 84 76 Q110 66 136 84 Q162 106 160 148 Q150 160 120 162 Q84 164 52 152 Z")
	m := c.solid(crown, l.fabric, 13, 1.15)
	for _, panel := range []string{"M100 72 Q78 104 80 160", "M100 72 Q130 96 132 160", "M100 72 Q62 88 56 150"} {
		c.seam(m, parsePath(panel), 1.2, -0.35)
		c.fill(c.mask(parsePath(panel).shifted(2, 0).stitches()).within(m), plain(l.colour.lit(0.2)))
	}
	c.solid(ellipse(100, 72, 6, 3.6), plain(l.colour.lit(-0.1)), 2, 1)
	brim := parsePath("M54 140 Q26 142 10 162 Q4 172 16 174 Q60 166 100 172 Q118 172 122 160 Q84 158 54 140 Z")
	c.shade(c.mask(brim).blurred(4).shifted(0, -3).within(m), -0.3)
	b := c.solid(brim, plain(l.accent), 6, 1)
	c.fill(c.mask(parsePath("M50 146 Q30 150 16 166 M50 150 Q34 154 24 166").stitches()).within(b), plain(l.accent.contrast()))
	badge := c.mask(parsePath("M66 112 L92 104 L94 128 Q82 140 70 134 Z"))
	c.fill(badge, plain(l.colour.contrast()))
	c.relief(badge, 3, 0.6)
	for _, eyelet := range []point{{116, 98}, {144, 114}} {
		c.fill(c.mask(ellipse(eyelet.x, eyelet.y, 2, 2).stroke(1.4)), plain(l.colour.lit(-0.5)))
	}
}
