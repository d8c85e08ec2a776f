package demo

// Shoes stand in side view with the toe to the right, drawn level and then tilted a little, as shops photograph them.
const shoeTilt = 7 // degrees

func drawSportsShoe(c *canvas, l look) {
	c.tilt(shoeTilt)
	silver, pale := chrome, hex(0xf1f1f0)
	c.shadow(ellipse(92, 164, 80, 7), 3, 0.5)
	c.inShoe(l, "M24 92 Q40 82 62 90 L66 100 Q44 106 24 98 Z")
	upper := c.solid(parsePath("M12 142 Q14 122 18 100 Q16 84 26 84 Q40 100 60 96 L74 86 Q92 104 110 116 "+
		"Q142 122 162 134 Q174 142 170 150 Q90 156 12 142 Z"), mesh(l.fabric), 10, 1.1)
	for _, overlay := range []struct {
		data  string
		paint rgb
	}{
		{"M130 120 Q176 132 172 152 L122 154 Q140 142 130 120 Z", l.colour.mix(silver, 0.3)},
		{"M12 148 Q12 112 20 98 Q40 108 46 128 Q50 142 40 154 Z", l.colour.lit(0.12)},
		{"M50 100 Q66 118 62 152 L76 152 Q78 120 62 96 Z", l.accent},
		{"M70 96 Q90 124 86 154 L94 154 Q96 126 78 98 Z", silver},
		{"M12 138 Q60 134 100 142 Q140 148 172 144 L172 154 L12 154 Z", l.colour.mix(silver, 0.3)},
	} {
		piece := c.mask(parsePath(overlay.data)).within(upper)
		c.shade(piece.blurred(1).shifted(1, 1).within(upper), -0.3)
		c.fill(piece, plain(overlay.paint))
		c.relief(piece, 4, 0.7)
	}
	c.solid(parsePath("M60 98 L76 82 Q92 100 112 114 L98 126 Q80 114 60 98 Z"), plain(l.colour.mix(pale, 0.3)), 5, 1)
	c.laces(pale, point{70, 98}, point{102, 119}, point{10, -8}, 6)
	m := c.solid(parsePath("M10 138 Q4 152 12 162 Q20 168 60 166 Q100 170 140 168 Q170 166 176 150 Q176 142 170 142 "+
		"Q150 152 120 150 Q84 146 60 150 Q30 150 10 138 Z"), plain(pale), 7, 1)
	c.seam(m, parsePath("M10 150 Q40 160 70 156 Q100 152 130 158 Q160 158 174 150"), 3, -0.3)
	c.print(m, parsePath("M16 146 Q28 154 50 154 L46 162 Q24 162 14 154 Z"), l.accent)
	c.print(m, parsePath("M8 160 Q60 164 100 166 Q150 166 172 158 L168 172 L12 172 Z"), black.lit(0.2))
}

// inShoe draws the dark lining seen through the opening.
func (c *canvas) inShoe(l look, data string) {
	c.solid(parsePath(data), plain(l.colour.lit(-0.55)), 5, 0.6)
}

// mesh is the airy knit of running shoes.
func mesh(p paint) paint {
	return func(x, y float32) rgb { return p(x, y).lit(-0.22 * band(wrap(x/4)*4, 1.4) * band(wrap(y/4)*4, 1.4)) }
}

// laces crosses n laces between two ends of the tongue; each reaches by across from the middle line.
func (c *canvas) laces(lace rgb, from, to, across point, n int) {
	for i := range n {
		p := from.towards(to, float32(i)/float32(n-1))
		line := path{{start: p.minus(across)}}
		line.lineTo(p.plus(across))
		c.shade(c.mask(line.shifted(1, 1.6).stroke(3)), -0.35)
		c.ink(line.stroke(2.8), lace)
	}
}

func drawSneaker(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 160, 78, 6), 3, 0.5)
	c.inShoe(l, "M28 80 Q44 72 66 76 L70 90 Q46 94 28 88 Z")
	upper := c.solid(parsePath("M18 148 Q20 116 24 90 Q25 78 33 78 Q46 88 64 84 L84 74 Q96 96 114 112 "+
		"Q146 116 160 128 Q170 138 168 150 Z"), l.fabric, 10, 1)
	c.solid(parsePath("M66 86 L86 70 Q98 92 116 110 L104 124 Q84 108 66 86 Z"), plain(l.colour.lit(-0.08)), 5, 0.9)
	c.laces(white, point{76, 88}, point{106, 115}, point{11, -9}, 5)
	c.print(upper, parsePath("M56 88 Q80 110 100 128 Q108 138 110 150").stitches(), l.colour.contrast())
	c.seam(upper, parsePath("M36 80 Q42 112 38 150"), 1.2, -0.3)
	toe := parsePath("M136 152 Q132 124 150 121 Q172 130 171 152 Z")
	c.solid(toe, plain(hex(0xf3f1ea)), 6, 0.8)
	sole := c.solid(parsePath("M14 144 Q60 148 100 147 Q140 148 172 144 L172 160 Q140 164 100 163 Q60 164 16 160 Z"),
		plain(hex(0xf3f1ea)), 5, 0.8)
	c.print(sole, parsePath("M12 151 Q60 155 100 154 Q140 155 174 151").stroke(2), l.accent)
}

func drawFormalShoe(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 158, 78, 5), 3, 0.55)
	c.inShoe(l, "M26 92 Q44 86 66 92 L66 102 Q44 106 26 98 Z")
	upper := c.solid(parsePath("M16 148 Q18 122 24 96 Q26 88 32 92 Q46 102 62 98 L78 88 Q92 108 112 118 "+
		"Q146 124 166 136 Q176 144 172 152 Q90 156 16 148 Z"), leather(l.colour), 9, 1.25)
	c.gleam(upper, parsePath("M118 126 Q142 130 158 138").stroke(7), 3, 0.5)
	c.gleam(upper, parsePath("M34 110 Q32 126 34 138").stroke(6), 3, 0.35)
	c.gleam(upper, parsePath("M80 128 Q100 136 124 140").stroke(4), 3, 0.2)
	c.seam(upper, parsePath("M60 100 Q74 124 96 132 Q110 134 116 122"), 1.4, -0.5)
	c.seam(upper, parsePath("M128 122 Q120 138 128 152"), 1.4, -0.45)
	c.seam(upper, parsePath("M24 104 Q46 118 44 150"), 1.2, -0.45)
	c.solid(parsePath("M68 96 L80 86 Q90 102 108 114 L100 122 Q82 112 68 96 Z"), leather(l.colour.lit(-0.15)), 4, 1)
	c.laces(l.colour.lit(-0.4), point{77, 96}, point{98, 113}, point{7, -6}, 4)
	dark := l.colour.mix(black, 0.75)
	c.solid(parsePath("M12 146 Q60 150 100 152 Q140 154 176 148 Q178 156 168 159 Q120 160 66 155 L58 156 L56 164 "+
		"L14 162 Z"), plain(dark), 4, 0.7)
}

func drawHeel(c *canvas, l look) {
	c.tilt(4)
	c.shadow(ellipse(128, 172, 46, 5), 3, 0.5)
	c.shadow(ellipse(28, 174, 10, 3), 2, 0.4)
	c.solid(parsePath("M24 100 Q28 140 26 174 L35 174 Q40 140 60 122 Z"), plain(l.colour.lit(-0.2)), 3, 0.9)
	c.solid(parsePath("M24 84 Q40 92 60 110 Q92 142 130 150 L160 158 Q140 168 118 166 Q92 158 66 132 Q44 110 24 100 "+
		"Z"), plain(hex(0xd9b48c)), 4, 0.7)
	upper := c.solid(parsePath("M22 78 Q16 96 22 108 Q48 120 72 144 Q96 168 126 172 L160 173 Q178 170 168 158 "+
		"Q152 144 134 138 Q126 136 122 142 Q118 156 96 142 Q68 122 46 96 Q34 80 22 78 Z"), plain(l.colour), 8, 1.25)
	c.gleam(upper, parsePath("M140 148 Q152 154 160 161").stroke(5), 2, 0.6)
	c.gleam(upper, parsePath("M34 96 Q56 114 78 136").stroke(4), 3, 0.35)
	c.solid(parsePath("M74 146 Q96 170 126 173 L162 174 Q168 174 172 170 L170 177 L124 177 Q92 172 72 148 Z"),
		plain(l.colour.mix(black, 0.6)), 3, 0.6)
}

func drawSandal(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 164, 78, 6), 3, 0.5)
	sole := c.solid(parsePath("M14 134 Q8 148 16 160 Q60 166 100 165 Q144 166 166 160 Q176 152 168 142 "+
		"Q140 134 110 138 Q80 144 50 132 Q30 126 14 134 Z"), plain(l.colour.mix(black, 0.6)), 6, 0.9)
	c.solid(parsePath("M18 132 Q32 124 52 130 Q80 140 110 134 Q142 132 166 142 Q150 152 110 150 Q60 152 18 142 Z"),
		leather(l.colour.lit(0.3)), 6, 0.6)
	c.seam(sole, parsePath("M14 152 Q90 160 170 152"), 1.4, 0.15)
	c.solid(parsePath("M88 134 Q92 104 112 100 Q142 108 152 140 Z"), leather(l.colour.lit(-0.6)), 4, 0.7)
	for _, data := range []string{
		"M106 154 Q104 120 126 106 Q142 114 158 146 L140 154 Q132 136 126 134 Q124 142 124 155 Z",
		"M62 150 Q72 112 108 98 Q122 98 134 112 Q112 118 96 152 Z",
		"M64 132 Q92 104 116 116 Q136 130 142 152 L124 156 Q116 134 102 130 Q84 132 72 152 Z",
	} {
		strap := parsePath(data)
		c.shade(c.mask(strap).blurred(3).shifted(1, 3), -0.3)
		c.solid(strap, leather(l.colour), 4, 1.1)
		c.ink(strap.shrunk(0.88).stitches(), l.colour.lit(0.4))
	}
	c.solid(ellipse(100, 112, 5, 5), metal(fittings), 2, 1)
}

func drawFlipFlop(c *canvas, l look) {
	c.tilt(12)
	footbed := parsePath("M8 104 Q6 90 24 88 Q52 86 90 100 Q132 94 162 112 Q178 124 166 136 Q142 148 100 140 " +
		"Q58 132 30 122 Q10 116 8 104 Z")
	c.shadow(footbed, 18, 0.4)
	c.solid(footbed.shifted(0, 11), plain(l.colour.lit(-0.4)), 4, 0.8)
	c.ink(footbed.shifted(0, 8), l.accent)
	c.ink(footbed.shifted(0, 5), l.colour.lit(-0.25))
	bed := c.solid(footbed, l.fabric, 8, 0.8)
	c.seam(bed, footbed.shrunk(0.9), 1.2, -0.25)
	c.print(bed, parsePath("M22 102 Q34 96 52 102 M26 108 Q36 102 54 108").stroke(2.4), l.accent)
	for _, data := range []string{"M142 115 Q116 74 60 94", "M142 115 Q114 112 84 140"} {
		strap := parsePath(data)
		c.shade(c.mask(strap.stroke(9)).blurred(4).shifted(2, 7).within(bed), -0.5)
		m := c.solid(strap.stroke(9), plain(l.accent), 3, 1.1)
		c.gleam(m, strap.shifted(-1, -2).stroke(2), 1, 0.35)
	}
	c.solid(ellipse(141, 116, 6, 5), plain(l.accent.lit(-0.15)), 3, 1)
}
