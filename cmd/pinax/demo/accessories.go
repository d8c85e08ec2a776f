package demo

func drawSunglasses(c *canvas, l look) {
	frame, tint := plain(l.colour), l.colour.mix(black, 0.8)
	c.tilt(-5)
	c.shadow(ellipse(86, 146, 70, 3), 2, 0.25)
	for _, temple := range []string{"M60 104 Q92 90 128 92 L140 98", "M132 104 Q152 96 168 100 Q176 104 175 114"} {
		c.solid(parsePath(temple).stroke(4), frame, 2, 1)
	}
	left := parsePath("M8 110 Q8 101 20 99 Q44 96 62 102 Q70 106 67 118 Q62 140 38 140 Q10 140 8 110 Z")
	for _, rim := range []path{left, left.mapped(func(p point) point { return point{146 - p.x*0.95, p.y} })} {
		glass := c.mask(rim)
		c.fill(glass, func(_, y float32) rgb { return tint.lit(0.6 * clamp((y-108)/40)) })
		c.gleam(glass, parsePath("M18 106 L36 103 L22 130 Z M86 106 L104 103 L90 130 Z"), 3, 0.3)
		c.solid(rim.stroke(4.5), frame, 2, 1)
	}
	c.solid(parsePath("M64 107 Q72 101 82 107").stroke(5), frame, 2, 1)
}

func drawBelt(c *canvas, l look) {
	skin := leather(l.colour)
	c.shadow(ellipse(90, 146, 76, 10), 6, 0.45)
	c.solid(parsePath("M14 108 C16 78 164 78 166 108 L166 128 C160 102 20 102 14 128 Z"),
		leather(l.colour.lit(-0.42)), 5, 0.8)
	front := c.solid(parsePath("M14 106 C16 136 164 136 166 106 L166 132 C164 164 16 164 14 132 Z"), skin, 6, 1.1)
	c.gleam(front, parsePath("M40 132 Q60 138 80 139").stroke(7), 4, 0.25)
	c.print(front, parsePath("M18 114 C24 138 156 138 162 114 M18 134 C24 158 156 158 162 134").stitches(),
		l.colour.lit(0.35))
	for x := float32(108); x < 150; x += 11 {
		c.shade(c.mask(ellipse(x, 143-(x-90)*(x-90)/400, 1.6, 2)), -0.6)
	}
	c.shade(c.mask(box(62, 122, 38, 44, 5)).blurred(3).shifted(1, 2), -0.3)
	steel := metal(chrome)
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
	sock := "M40 28 Q60 34 82 30 Q84 90 86 130 Q92 152 116 168 Q138 184 130 202 Q118 218 92 204 Q60 186 48 160 " +
		"Q42 130 44 90 Z"
	for _, x := range []float32{26, -8} {
		p := parsePath(sock).shifted(x, 0)
		c.shadow(p, 4, 0.25)
		m := c.cloth(p, knitted(l.fabric))
		patch := plain(l.accent)
		for _, part := range []string{"M104 150 Q150 180 136 214 L96 218 Q118 190 104 150 Z",
			"M44 136 Q58 140 70 164 Q62 182 52 184 Q42 160 44 136 Z", "M38 20 L86 20 L84 46 Q62 50 40 46 Z"} {
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
	c.shadow(ellipse(88, 168, 66, 7), 3, 0.4)
	crown := c.solid(parsePath("M34 142 Q30 84 66 68 Q92 58 120 70 Q152 88 150 146 Q120 156 92 150 Q60 146 34 142 Z"),
		l.fabric, 13, 1.15)
	for _, panel := range []string{"M94 64 Q84 100 88 140", "M94 64 Q56 80 44 130", "M94 64 Q130 80 136 144"} {
		c.seam(crown, parsePath(panel), 1.2, -0.35)
		c.print(crown, parsePath(panel).shifted(2, 0).stitches(), l.colour.lit(0.2))
	}
	c.solid(ellipse(94, 64, 6, 3.6), plain(l.colour.lit(-0.1)), 2, 1)
	for _, eyelet := range []point{{62, 92}, {116, 92}} {
		c.ink(ellipse(eyelet.x, eyelet.y, 2, 2).stroke(1.4), l.colour.lit(-0.5))
	}
	badge := c.mask(parsePath("M66 102 L98 102 L96 124 Q82 132 68 124 Z"))
	c.fill(badge, plain(l.accent))
	c.ink(parsePath("M72 118 L82 107 L92 118").stroke(3), l.colour)
	c.relief(badge, 3, 0.6)
	brim := parsePath("M32 140 Q60 126 92 134 Q122 140 132 150 Q136 162 124 168 Q76 156 30 174 Q12 176 18 160 " +
		"Q22 148 32 140 Z")
	c.shade(c.mask(brim).blurred(4).shifted(0, -3).within(crown), -0.35)
	b := c.solid(brim, plain(l.colour.lit(-0.08)), 6, 1)
	c.print(b, parsePath("M30 150 Q60 136 94 143 Q118 148 128 156 M27 158 Q60 144 94 151 "+
		"Q114 155 124 161").stitches(), l.colour.lit(0.35))
}
