package demo

import (
	"fmt"
	"math"
)

// fittings are the buckles, rings and clasps.
var fittings = hex(0xd8c391)

func drawHandbag(c *canvas, l look) {
	body := half("M90 96 L44 96 Q34 98 30 112 Q20 160 18 192 Q20 204 32 206 Q60 210 90 210")
	c.shadow(ellipse(90, 208, 72, 6), 3, 0.5)
	for _, handle := range []struct {
		data string
		dim  float32
	}{{"M56 100 C54 20 126 20 124 100", -0.35}, {"M50 112 C46 30 134 30 130 112", 0}} {
		line := parsePath(handle.data)
		c.solid(line.stroke(8), leather(l.colour.lit(handle.dim)), 3, 1)
		if handle.dim < 0 {
			c.solid(half("M90 90 L46 90 L42 104 L90 106"), leather(l.colour.lit(-0.3)), 4, 0.7)
		}
	}
	m := c.solid(body, l.bagLeather(), 14, 1.15)
	c.fold(m, "M34 130 Q60 140 84 136", 6, 0.35)
	c.fold(m, "M146 136 Q124 150 100 146", 6, 0.35)
	c.gleam(m, parsePath("M40 112 Q34 150 32 180").stroke(8), 5, 0.3)
	c.seam(m, half("M90 192 Q56 192 22 188"), 1.4, -0.35)
	c.seam(m, half("M90 112 Q60 112 34 110"), 1.2, -0.35)
	c.seam(m, both("M52 112 Q44 160 46 206"), 1.2, -0.3)
	for _, tab := range []path{box(44, 106, 13, 20, 4), box(123, 106, 13, 20, 4)} {
		c.shade(c.mask(tab).blurred(2).shifted(1, 2), -0.25)
		c.solid(tab, leather(l.colour.lit(-0.1)), 3, 1)
	}
	c.solid(ellipse(50.5, 114, 4, 4).pair(), plain(fittings), 2, 1)
	c.solid(box(78, 118, 24, 12, 3), metal(fittings), 2, 0.8)
}

// bagLeather is the pattern, on leather when plain.
func (l look) bagLeather() paint {
	if l.style == "" || l.style == "leather" {
		return leather(l.colour)
	}
	return l.fabric
}

func drawBackpack(c *canvas, l look) {
	c.shadow(ellipse(90, 222, 58, 6), 3, 0.5)
	c.fill(c.mask(parsePath("M76 36 C74 8 106 8 104 36").stroke(6)), plain(l.colour.lit(-0.35)))
	c.solid(both("M44 60 Q22 80 22 130 Q22 180 36 206 L46 200 Q34 150 38 110 Q42 80 52 70 Z"), plain(l.accent.lit(-0.1)), 4, 1)
	m := c.solid(half("M90 26 Q58 26 48 46 Q38 66 36 120 Q32 180 36 208 Q40 222 56 223 L90 224"), l.fabric, 13, 1.15)
	c.fold(m, "M50 70 Q56 110 48 150", 7, 0.4)
	c.fold(m, "M132 70 Q126 110 134 150", 7, 0.4)
	c.seam(m, half("M90 38 Q62 38 56 62 Q50 90 50 122"), 2.6, -0.45)
	c.zip(m, l, "M52 116 Q56 44 90 41 Q124 44 128 116")
	pocket := half("M90 134 Q64 134 52 140 Q46 160 46 190 Q48 212 60 213 L90 214")
	c.shade(c.mask(pocket).blurred(4).shifted(0, 3).within(m), -0.3)
	p := c.solid(pocket, l.fabric.lit(-0.08), 9, 1)
	c.zip(p, l, "M54 152 Q90 140 126 152")
	c.fill(c.mask(box(72, 84, 36, 22, 4)), plain(l.accent))
	c.relief(c.mask(box(72, 84, 36, 22, 4)), 3, 0.8)
	c.fill(c.mask(box(79, 92, 22, 3, 1)), plain(l.accent.contrast()))
	c.fill(c.mask(box(79, 98, 14, 2, 1)), plain(l.accent.contrast()))
	c.solid(both("M36 150 Q28 166 30 204 Q34 214 46 212 Q40 180 42 152 Z"), l.fabric.lit(-0.18), 5, 1)
	c.fill(c.mask(both("M66 42 L64 134").stroke(4)), plain(l.accent.lit(-0.05)))
}

// drawWallet draws a folded one for men and a long one with a flap for women.
func drawWallet(c *canvas, l look) {
	c.shadow(box(24, 90, 132, 86, 6), 8, 0.4)
	if l.model.longHair {
		c.longWallet(l)
		return
	}
	c.solid(box(22, 76, 136, 96, 6), leather(l.colour.lit(-0.3)), 4, 1)
	m := c.solid(box(20, 70, 138, 98, 6), leather(l.colour), 8, 1)
	c.gleam(m, parsePath("M36 90 Q80 84 130 88").stroke(14), 9, 0.2)
	c.fill(c.mask(box(25, 75, 128, 88, 4).stitches()), plain(l.colour.mix(l.colour.contrast(), 0.5)))
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

func drawClutch(c *canvas, l look) {
	c.shadow(ellipse(90, 160, 78, 6), 4, 0.5)
	if l.style == "chain" {
		for i := 0; i < 40; i++ {
			t := float64(i) / 39 * math.Pi
			x, y := 90-70*math.Cos(t), 104-74*math.Sin(t)
			c.fill(c.mask(ellipse(float32(x), float32(y), 2.6, 2).stroke(1.4)), plain(fittings.lit(-0.1)))
		}
	}
	m := c.solid(half("M90 98 L22 98 Q10 102 8 128 Q8 156 22 160 L90 161"), l.bagLeather(), 10, 1.15)
	for _, x := range []float32{-56, -40, -24, -8, 8, 24, 40, 56} {
		c.fold(m, fmt.Sprintf("M%g 104 Q%g 132 %g 158", 90+x*0.9, 90+x*1.1, 90+x), 4, 0.5)
	}
	c.solid(half("M90 92 L24 92 Q18 92 18 102 L90 103"), metal(fittings), 3, 0.9)
	c.solid(append(ellipse(86, 90, 5, 5), ellipse(95, 90, 5, 5)...), metal(fittings), 3, 0.9)
}
