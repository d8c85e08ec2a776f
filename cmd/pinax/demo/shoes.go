package demo

// Shoes stand in side view with the toe to the right, drawn level and then tilted a little, as shops photograph them.
const shoeTilt = 7

func drawSportsShoe(c *canvas, l look) {
	c.tilt(shoeTilt)
	sole := parsePath("M12 142 Q8 152 16 160 Q60 166 100 164 Q140 166 164 160 Q176 154 170 142 Q130 150 90 148 Q50 148 12 142 Z")
	c.shadow(ellipse(92, 164, 78, 7), 3, 0.5)
	c.inShoe(l, "M26 84 Q40 74 62 80 L66 92 Q44 98 26 90 Z")
	upper := c.solid(parsePath("M14 146 Q16 120 20 96 Q22 78 30 80 Q42 94 62 88 L78 76 Q92 96 112 112 Q140 118 160 132 Q172 140 170 150 Q90 158 14 146 Z"), l.fabric, 10, 1.1)
	toe := c.mask(parsePath("M134 116 Q176 130 174 152 L128 154 Q146 136 134 116 Z")).within(upper)
	c.fill(toe, plain(l.colour.mix(l.accent, 0.35)))
	c.relief(upper.within(toe), 6, 0.7)
	heel := c.mask(parsePath("M12 150 Q14 110 22 96 Q40 104 44 124 Q48 142 40 152 Z")).within(upper)
	c.fill(heel, plain(l.colour.mix(l.accent, 0.5)))
	c.relief(heel, 6, 0.8)
	for _, band := range []string{"M58 94 Q66 124 54 150", "M72 100 Q82 126 74 152"} {
		c.fill(c.mask(parsePath(band).stroke(7)).within(upper), plain(l.accent))
	}
	c.seam(upper, parsePath("M48 92 Q80 112 104 132 Q120 142 128 152"), 1, -0.3)
	c.solid(parsePath("M64 88 L80 72 Q94 92 114 110 L100 122 Q82 108 64 88 Z"), plain(l.colour.lit(-0.12)), 5, 1)
	c.laces(l.colour.contrast().mix(white, 0.6), point{72, 90}, point{102, 116}, point{10, -8}, 5)
	m := c.solid(sole, plain(hex(0xf1f1f0)), 6, 0.8)
	c.fill(c.mask(parsePath("M12 156 Q60 162 100 160 Q140 162 172 154 L168 162 Q140 168 100 166 Q60 168 14 162 Z")).within(m), plain(l.accent.lit(-0.1)))
	c.seam(m, parsePath("M12 149 Q60 154 100 153 Q140 154 172 148"), 1, -0.15)
}

// inShoe draws the dark lining seen through the opening.
func (c *canvas) inShoe(l look, data string) {
	c.solid(parsePath(data), plain(l.colour.lit(-0.55)), 5, 0.6)
}

// laces crosses n laces between two ends of the tongue; each reaches by across from the middle line.
func (c *canvas) laces(lace rgb, from, to, across point, n int) {
	for i := 0; i < n; i++ {
		p := from.towards(to, float32(i)/float32(n-1))
		line := path{{start: p.minus(across)}}
		line.lineTo(p.plus(across))
		c.shade(c.mask(line.shifted(1, 1.6).stroke(3)), -0.35)
		c.fill(c.mask(line.stroke(2.8)), plain(lace))
	}
}

func drawSneaker(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 160, 78, 6), 3, 0.5)
	c.inShoe(l, "M28 80 Q44 72 66 76 L70 90 Q46 94 28 88 Z")
	upper := c.solid(parsePath("M18 148 Q20 116 24 90 Q25 78 33 78 Q46 88 64 84 L84 74 Q96 96 114 112 Q146 116 160 128 Q170 138 168 150 Z"), l.fabric, 10, 1)
	c.solid(parsePath("M66 86 L86 70 Q98 92 116 110 L104 124 Q84 108 66 86 Z"), plain(l.colour.lit(-0.08)), 5, 0.9)
	c.laces(white, point{76, 88}, point{106, 115}, point{11, -9}, 5)
	c.fill(c.mask(parsePath("M56 88 Q80 110 100 128 Q108 138 110 150").stitches()).within(upper), plain(l.colour.contrast()))
	c.seam(upper, parsePath("M36 80 Q42 112 38 150"), 1.2, -0.3)
	toe := parsePath("M136 152 Q132 124 150 121 Q172 130 171 152 Z")
	c.solid(toe, plain(hex(0xf3f1ea)), 6, 0.8)
	sole := c.solid(parsePath("M14 144 Q60 148 100 147 Q140 148 172 144 L172 160 Q140 164 100 163 Q60 164 16 160 Z"), plain(hex(0xf3f1ea)), 5, 0.8)
	c.fill(c.mask(parsePath("M12 151 Q60 155 100 154 Q140 155 174 151").stroke(2)).within(sole), plain(l.accent))
}

func drawFormalShoe(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 158, 78, 5), 3, 0.55)
	c.inShoe(l, "M26 92 Q44 86 66 92 L66 102 Q44 106 26 98 Z")
	upper := c.solid(parsePath("M16 148 Q18 122 24 96 Q26 88 32 92 Q46 102 62 98 L78 88 Q92 108 112 118 Q146 124 166 136 Q176 144 172 152 Q90 156 16 148 Z"), leather(l.colour), 9, 1.25)
	c.gleam(upper, parsePath("M118 126 Q142 130 158 138").stroke(7), 3, 0.5)
	c.gleam(upper, parsePath("M34 110 Q32 126 34 138").stroke(6), 3, 0.35)
	c.gleam(upper, parsePath("M80 128 Q100 136 124 140").stroke(4), 3, 0.2)
	c.seam(upper, parsePath("M60 100 Q74 124 96 132 Q110 134 116 122"), 1.4, -0.5)
	c.seam(upper, parsePath("M128 122 Q120 138 128 152"), 1.4, -0.45)
	c.seam(upper, parsePath("M24 104 Q46 118 44 150"), 1.2, -0.45)
	c.solid(parsePath("M68 96 L80 86 Q90 102 108 114 L100 122 Q82 112 68 96 Z"), leather(l.colour.lit(-0.15)), 4, 1)
	c.laces(l.colour.lit(-0.4), point{77, 96}, point{98, 113}, point{7, -6}, 4)
	dark := l.colour.mix(black, 0.75)
	c.solid(parsePath("M12 146 Q60 150 100 152 Q140 154 176 148 Q178 156 168 159 Q120 160 66 155 L58 156 L56 164 L14 162 Z"), plain(dark), 4, 0.7)
}

func drawBoot(c *canvas, l look) {
	c.shadow(ellipse(88, 202, 74, 6), 3, 0.5)
	c.inShoe(l, "M36 48 Q66 38 92 48 L92 60 Q64 66 36 58 Z")
	upper := c.solid(parsePath("M34 52 Q62 62 94 52 Q98 92 100 118 Q112 138 140 148 Q164 158 166 186 Q166 196 160 198 L26 198 Q26 160 32 130 Q38 96 34 52 Z"), leather(l.colour), 11, 1.2)
	c.fold(upper, "M40 128 Q66 140 98 122", 6, 0.8)
	c.fold(upper, "M38 146 Q64 152 92 138", 5, 0.6)
	c.gleam(upper, parsePath("M60 66 Q58 92 60 112").stroke(9), 4, 0.3)
	c.gleam(upper, parsePath("M122 156 Q142 162 152 174").stroke(7), 3, 0.35)
	c.seam(upper, parsePath("M98 122 Q92 160 66 168 L30 170"), 1.4, -0.45)
	c.laces(l.accent, point{94, 72}, point{108, 132}, point{10, -4}, 6)
	c.solid(parsePath("M24 190 Q90 196 168 188 L170 204 Q164 208 150 206 L72 204 L66 210 L24 210 Z"), plain(l.colour.mix(black, 0.7)), 4, 0.7)
}

func drawHeel(c *canvas, l look) {
	c.tilt(4)
	c.shadow(ellipse(128, 172, 46, 5), 3, 0.5)
	c.shadow(ellipse(28, 174, 10, 3), 2, 0.4)
	c.solid(parsePath("M24 100 Q28 140 26 174 L35 174 Q40 140 60 122 Z"), leather(l.colour.lit(-0.2)), 3, 0.9)
	c.solid(parsePath("M24 84 Q40 92 60 110 Q92 142 130 150 L160 158 Q140 168 118 166 Q92 158 66 132 Q44 110 24 100 Z"), plain(hex(0xd9b48c)), 4, 0.7)
	upper := c.solid(parsePath("M22 78 Q16 96 22 108 Q48 120 72 144 Q96 168 126 172 L160 173 Q178 170 168 158 Q152 144 134 138 Q126 136 122 142 Q118 156 96 142 Q68 122 46 96 Q34 80 22 78 Z"), leather(l.colour), 8, 1.25)
	c.gleam(upper, parsePath("M140 148 Q152 154 160 161").stroke(5), 2, 0.6)
	c.gleam(upper, parsePath("M34 96 Q56 114 78 136").stroke(4), 3, 0.35)
	c.solid(parsePath("M74 146 Q96 170 126 173 L162 174 Q168 174 172 170 L170 177 L124 177 Q92 172 72 148 Z"), plain(l.colour.mix(black, 0.6)), 3, 0.6)
}

func drawSandal(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 164, 78, 6), 3, 0.5)
	sole := c.solid(parsePath("M14 136 Q10 148 16 160 Q60 166 100 165 Q144 166 166 160 Q176 152 166 144 Q140 136 110 140 Q80 146 50 134 Q30 128 14 136 Z"), plain(l.colour.mix(black, 0.55)), 6, 0.9)
	c.solid(parsePath("M18 134 Q32 126 52 133 Q80 144 110 139 Q142 136 164 144 Q150 154 110 152 Q60 154 18 144 Z"), leather(l.colour.lit(0.25)), 6, 0.6)
	c.seam(sole, parsePath("M14 152 Q90 160 170 152"), 1.4, 0.15)
	for _, strap := range []string{
		"M20 142 Q12 104 28 96 Q48 92 60 112 L52 118 Q42 104 32 106 Q22 110 32 142 Z",
		"M52 148 Q44 112 70 98 Q88 94 96 118 L112 146 L92 152 Q84 118 74 112 Q62 116 68 152 Z",
		"M110 150 Q104 116 126 112 Q152 118 162 148 L142 154 Q136 134 128 130 Q122 134 128 154 Z",
		"M48 108 Q66 120 78 118 L84 128 Q62 130 44 118 Z",
	} {
		c.shade(c.mask(parsePath(strap)).blurred(3).shifted(1, 3), -0.25)
		c.fill(c.mask(parsePath(strap).stitches()), plain(white))
		c.solid(parsePath(strap), leather(l.colour), 4, 1.1)
	}
	c.fill(c.mask(box(64, 116, 9, 9, 2).stroke(2)), plain(hex(0xcfcfd2)))
}

func drawFlipFlop(c *canvas, l look) {
	c.tilt(14)
	footbed := "M12 108 Q10 92 30 88 Q56 84 92 98 Q130 92 158 110 Q176 124 164 140 Q146 156 104 146 Q60 138 34 130 Q14 122 12 108 Z"
	c.shadow(parsePath(footbed), 20, 0.4)
	c.solid(parsePath(footbed).shifted(0, 13), plain(l.colour.lit(-0.35)), 5, 0.8)
	c.solid(parsePath(footbed).shifted(0, 8), plain(l.accent), 4, 0.5)
	bed := c.solid(parsePath(footbed), l.fabric, 8, 0.8)
	c.seam(bed, parsePath(footbed).mapped(func(p point) point { return point{88, 118}.towards(p, 0.93) }), 1, -0.15)
	for _, strap := range []string{"M140 116 Q112 76 66 96", "M140 116 Q112 122 86 142"} {
		line := parsePath(strap)
		c.shade(c.mask(line.stroke(10)).blurred(4).shifted(2, 6).within(bed), -0.45)
		c.solid(line.stroke(10), plain(l.accent), 3, 1)
		c.gleam(c.mask(line.stroke(8)), line.shifted(0, -2).stroke(2), 1, 0.35)
	}
	c.solid(ellipse(141, 116, 6, 5), plain(l.accent.lit(-0.15)), 3, 1)
}

func drawFlat(c *canvas, l look) {
	c.tilt(shoeTilt)
	c.shadow(ellipse(92, 156, 76, 5), 3, 0.5)
	c.solid(parsePath("M22 112 Q60 122 98 122 L124 124 Q110 142 70 138 Q36 136 22 120 Z"), plain(hex(0xe0c9a6)), 6, 0.7)
	upper := c.solid(parsePath("M20 104 Q14 120 16 148 Q90 156 166 152 Q176 146 166 136 Q146 122 124 118 Q112 136 84 134 Q46 128 20 104 Z"), leather(l.colour), 8, 1.2)
	c.gleam(upper, parsePath("M136 130 Q152 136 160 143").stroke(6), 3, 0.5)
	c.gleam(upper, parsePath("M30 124 Q50 136 78 142").stroke(4), 3, 0.3)
	c.solid(parsePath("M114 120 Q124 108 132 118 Q144 112 142 126 Q134 130 128 124 Q120 132 114 120 Z"), leather(l.colour.lit(-0.12)), 3, 1)
	c.solid(parsePath("M14 144 Q90 154 170 148 L168 156 Q90 160 40 155 L38 160 L15 158 Z"), plain(l.colour.mix(black, 0.7)), 3, 0.7)
}
