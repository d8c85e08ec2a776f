package demo

import "math"

// dials are the faces that go with straps and cases of a colour.
var dials = map[rgb]rgb{
	colours["black"].rgb: hex(0x202124),
	colours["brown"].rgb: hex(0x54351f),
	colours["gold"].rgb:  hex(0xf0dfae),
	colours["pink"].rgb:  hex(0xfdeaf2),
}

func drawWatch(c *canvas, l look) {
	dial, ok := dials[l.colour]
	if !ok {
		dial = hex(0xf4f5f6)
	}
	switch l.style {
	case "metal":
		c.bracelet(l.colour)
		c.roundWatch(l, l.colour, dial)
	case "digital":
		c.strap(plain(l.colour), 31, 22)
		c.digitalWatch(l)
	default:
		c.strap(leather(l.colour), 28, 20)
		c.roundWatch(l, chrome, dial)
	}
}

// strap draws both halves of a strap, given half its width at the case and at its ends.
func (c *canvas) strap(skin paint, wide, narrow float32) {
	left, tip := 90-wide, 90-narrow
	for _, y := range []struct{ from, to float32 }{{82, 6}, {158, 234}} {
		p := path{{start: point{left, y.from}}}
		p.quadTo(point{tip, (y.from + y.to) / 2}, point{tip, y.to})
		p.lineTo(point{width - tip, y.to})
		p.quadTo(point{width - tip, (y.from + y.to) / 2}, point{width - left, y.from})
		m := c.solid(p, skin, 7, 1.1)
		c.fill(c.mask(append(parsePath("M76 84 L76 8 M104 84 L104 8"),
			parsePath("M76 156 L76 232 M104 156 L104 232")...).stitches()).within(m), skin.lit(0.3))
	}
	for y := float32(196); y < 230; y += 12 {
		c.shade(c.mask(ellipse(90, y, 2, 2.4)), -0.6)
	}
	c.fill(c.mask(box(66, 8, 48, 12, 3).stroke(3)), metal(chrome))
}

// bracelet draws metal links, narrowing from the case.
func (c *canvas) bracelet(steel rgb) {
	for i := float32(0); i < 9; i++ {
		w := 31 - i*1.1
		for _, y := range []float32{78 - i*9, 154 + i*9} {
			middle := box(90-0.35*w, y, 0.7*w, 8.6, 2)
			for _, link := range append(box(90-w, y, 0.62*w, 8.6, 2).pair(), middle...) {
				c.solid(path{link}, metal(steel), 2, 1)
			}
		}
	}
}

func (c *canvas) roundWatch(l look, steel, dial rgb) {
	centre := point{90, 120}
	c.solid(box(134, 114, 10, 12, 3), metal(steel), 3, 1)
	c.solid(both("M62 78 L76 74 L78 92 L58 96 Z").pair(), metal(steel), 3, 1)
	c.solid(parsePath("M62 162 L76 166 L78 148 L58 144 Z").pair(), metal(steel), 3, 1)
	c.shadow(ellipse(90, 122, 47, 47), 2, 0.4)
	c.solid(ellipse(90, 120, 47, 47), metal(steel), 5, 1.2)
	c.solid(ellipse(90, 120, 40, 40), metal(steel.lit(-0.15)), 3, 0.8)
	face := c.solid(ellipse(90, 120, 36, 36), plain(dial), 7, 0.5)
	mark := plain(dial.contrast())
	for hour := range 12 {
		long := float32(5)
		if hour%3 == 0 {
			long = 8
		}
		c.fill(c.mask(hand(centre, float64(hour)*30, 33-long, 33).stroke(2.2)), mark)
	}
	if l.style == "chronograph" {
		for _, sub := range []point{{74, 120}, {106, 120}, {90, 138}} {
			c.ink(ellipse(sub.x, sub.y, 8.5, 8.5), dial.mix(dial.contrast(), 0.16))
			c.fill(c.mask(ellipse(sub.x, sub.y, 8.5, 8.5).stroke(1)), mark)
			c.fill(c.mask(hand(sub, 40*float64(sub.x), 0, 6).stroke(1.2)), mark)
		}
	}
	c.fill(c.mask(hand(centre, 305, -4, 18).stroke(3.2)), mark)
	c.fill(c.mask(hand(centre, 60, -5, 27).stroke(2.4)), mark)
	c.ink(hand(centre, 190, -7, 29).stroke(1), hex(0xc8372d))
	c.fill(c.mask(ellipse(90, 120, 2.6, 2.6)), mark)
	c.gleam(face, parsePath("M60 104 Q70 90 88 86 L80 110 Z"), 4, 0.22)
}

// hand is the line from one distance to another from the middle of a dial, at an angle clockwise from twelve o'clock.
func hand(centre point, degrees float64, from, to float32) path {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	d := point{float32(sin), -float32(cos)}
	p := path{{start: centre.plus(d.times(from))}}
	p.lineTo(centre.plus(d.times(to)))
	return p
}

func (c *canvas) digitalWatch(l look) {
	c.shadow(box(44, 78, 92, 86, 18), 2, 0.4)
	c.solid(box(40, 96, 8, 14, 3).pair(), plain(l.colour.lit(-0.3)), 2, 1)
	c.solid(box(40, 130, 8, 14, 3).pair(), plain(l.colour.lit(-0.3)), 2, 1)
	c.solid(box(44, 76, 92, 88, 18), plain(l.colour), 8, 1.2)
	c.ink(box(52, 86, 76, 68, 10), l.colour.mix(black, 0.7))
	c.ink(box(54, 88, 72, 64, 9).stroke(1.6), l.accent)
	screen := c.solid(box(60, 100, 60, 38, 4), plain(hex(0xb9c4b0)), 5, 0.6)
	ink := plain(hex(0x22281f))
	for i, d := range "1025" {
		c.fill(c.mask(digit(d, 65+float32(i)*13+float32(i/2)*3, 108)).within(screen), ink)
	}
	c.fill(c.mask(append(ellipse(91.5, 114, 1.2, 1.2), ellipse(91.5, 122, 1.2, 1.2)...)), ink)
}

// digit is a seven-segment figure, 9 × 20 pixels.
func digit(d rune, x, y float32) path {
	segments := map[rune]string{
		'0': "M0 0 L9 0 L9 20 L0 20 Z", '1': "M9 0 L9 20",
		'2': "M0 0 L9 0 L9 10 L0 10 L0 20 L9 20", '5': "M9 0 L0 0 L0 10 L9 10 L9 20 L0 20",
	}
	return parsePath(segments[d]).stroke(2.2).shifted(x, y)
}
