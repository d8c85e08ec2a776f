package demo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// point is a position on the picture, in pixels from its top left corner.
type point struct{ x, y float32 }

func (p point) plus(q point) point               { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point              { return point{p.x - q.x, p.y - q.y} }
func (p point) times(k float32) point            { return point{p.x * k, p.y * k} }
func (p point) towards(q point, t float32) point { return p.plus(q.minus(p).times(t)) }
func (p point) length() float32                  { return float32(math.Hypot(float64(p.x), float64(p.y))) }

// cubic is a Bézier curve from the end of the curve before it: two control points and its own end. Straight lines and
// quadratic curves are raised to cubics, so that there is one kind of curve to transform, mirror and rasterise.
type cubic [3]point

// contour is one pen stroke of a path.
type contour struct {
	start  point
	curves []cubic
}

// path is a set of contours, filled by the non-zero rule.
type path []contour

// parsePath reads the absolute commands M, L, Q, C and Z of SVG path data ("M10 20 L30 40 Q50 60 70 80 Z"). A shape that
// does not parse is a mistake in this package, so it panics like regexp.MustCompile.
func parsePath(data string) path {
	s := scanner{words: strings.Fields(data)}
	var p path
	for !s.done() {
		switch command := s.command(); command {
		case 'M':
			p = append(p, contour{start: s.point()})
		case 'L':
			p.lineTo(s.point())
		case 'Q':
			p.quadTo(s.point(), s.point())
		case 'C':
			p.cubicTo(s.point(), s.point(), s.point())
		case 'Z':
			p.lineTo(p[len(p)-1].start)
		default:
			panic(fmt.Sprintf("demo: path command %q in %q", command, data))
		}
	}
	return p
}

// scanner walks the words of path data. A command letter is glued to its first number, as in "M10 20".
type scanner struct{ words []string }

func (s *scanner) done() bool { return len(s.words) == 0 }

func (s *scanner) command() byte {
	letter := s.words[0][0]
	if s.words[0] = s.words[0][1:]; s.words[0] == "" {
		s.words = s.words[1:]
	}
	return letter
}

func (s *scanner) number() float32 {
	v, err := strconv.ParseFloat(s.words[0], 32)
	if err != nil {
		panic("demo: path data: " + err.Error())
	}
	s.words = s.words[1:]
	return float32(v)
}

func (s *scanner) point() point {
	x := s.number()
	return point{x, s.number()}
}

func (p path) end() point {
	last := p[len(p)-1]
	if n := len(last.curves); n > 0 {
		return last.curves[n-1][2]
	}
	return last.start
}

func (p path) cubicTo(a, b, end point) {
	last := &p[len(p)-1]
	last.curves = append(last.curves, cubic{a, b, end})
}

func (p path) lineTo(end point) {
	start := p.end()
	p.cubicTo(start.towards(end, 1./3), start.towards(end, 2./3), end)
}

func (p path) quadTo(control, end point) {
	p.cubicTo(p.end().towards(control, 2./3), end.towards(control, 2./3), end)
}

// mapped returns the path with every point moved by f, which must be affine.
func (p path) mapped(f func(point) point) path {
	out := make(path, len(p))
	for i, c := range p {
		out[i] = contour{start: f(c.start), curves: make([]cubic, len(c.curves))}
		for j, b := range c.curves {
			out[i].curves[j] = cubic{f(b[0]), f(b[1]), f(b[2])}
		}
	}
	return out
}

func (p path) shifted(dx, dy float32) path {
	return p.mapped(func(q point) point { return q.plus(point{dx, dy}) })
}

// shrunk scales the path towards the middle of its bounds.
func (p path) shrunk(scale float32) path {
	b := p.bounds()
	middle := point{float32(b.Min.X+b.Max.X) / 2, float32(b.Min.Y+b.Max.Y) / 2}
	return p.mapped(func(q point) point { return middle.towards(q, scale) })
}

// rotated turns the path clockwise about a centre.
func (p path) rotated(degrees float64, centre point) path {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return p.mapped(func(q point) point {
		d := q.minus(centre)
		return centre.plus(point{d.x*float32(cos) - d.y*float32(sin), d.x*float32(sin) + d.y*float32(cos)})
	})
}

// reflected is the path's mirror image in the vertical axis of the picture, drawn backwards so that it winds the same
// way.
func (p path) reflected() path {
	out := make(path, len(p))
	for i, c := range p.mapped(func(q point) point { return point{width - q.x, q.y} }) {
		out[i] = c.reversed()
	}
	return out
}

func (c contour) reversed() contour {
	out := contour{start: c.start}
	if len(c.curves) > 0 {
		out.start = c.curves[len(c.curves)-1][2]
	}
	for i := len(c.curves) - 1; i >= 0; i-- {
		end := c.start
		if i > 0 {
			end = c.curves[i-1][2]
		}
		out.curves = append(out.curves, cubic{c.curves[i][1], c.curves[i][0], end})
	}
	return out
}

// whole completes a left half, drawn from the axis to the axis, with its mirror image.
func (p path) whole() path {
	for i, r := range p.reflected() {
		p[i].curves = append(p[i].curves, r.curves...)
	}
	return p
}

// pair is the path and its mirror image beside it: two sleeves, two lenses.
func (p path) pair() path { return append(p, p.reflected()...) }

// half and both are the two ways in which symmetric things are written down: half of one outline, or one of two parts.
func half(data string) path { return parsePath(data).whole() }
func both(data string) path { return parsePath(data).pair() }

func ellipse(cx, cy, rx, ry float32) path {
	const k = 0.5523 // control length that makes four cubics a circle
	p := path{{start: point{cx + rx, cy}}}
	p.cubicTo(point{cx + rx, cy + k*ry}, point{cx + k*rx, cy + ry}, point{cx, cy + ry})
	p.cubicTo(point{cx - k*rx, cy + ry}, point{cx - rx, cy + k*ry}, point{cx - rx, cy})
	p.cubicTo(point{cx - rx, cy - k*ry}, point{cx - k*rx, cy - ry}, point{cx, cy - ry})
	p.cubicTo(point{cx + k*rx, cy - ry}, point{cx + rx, cy - k*ry}, point{cx + rx, cy})
	return p
}

// box is a rectangle with rounded corners.
func box(x, y, w, h, radius float32) path {
	p := path{{start: point{x + radius, y}}}
	corner := func(from, at, to point) { p.lineTo(from); p.quadTo(at, to) }
	corner(point{x + w - radius, y}, point{x + w, y}, point{x + w, y + radius})
	corner(point{x + w, y + h - radius}, point{x + w, y + h}, point{x + w - radius, y + h})
	corner(point{x + radius, y + h}, point{x, y + h}, point{x, y + h - radius})
	corner(point{x, y + radius}, point{x, y}, point{x + radius, y})
	return p
}

// points flattens a contour into a polyline.
func (c contour) points() []point {
	const steps = 18
	out := []point{c.start}
	from := c.start
	for _, b := range c.curves {
		for i := 1; i <= steps; i++ {
			t := float32(i) / steps
			ab, bc, cd := from.towards(b[0], t), b[0].towards(b[1], t), b[1].towards(b[2], t)
			out = append(out, ab.towards(bc, t).towards(bc.towards(cd, t), t))
		}
		from = b[2]
	}
	return out
}

// stroke is the outline of the path drawn with a round pen.
func (p path) stroke(pen float32) path {
	var out path
	for _, c := range p {
		line := c.points()
		for i := 1; i < len(line); i++ {
			out = out.capsule(line[i-1], line[i], pen/2)
		}
	}
	return out
}

// stitches is the outline of the path drawn as a row of short thin stitches.
func (p path) stitches() path {
	const on, period, pen = 2.6, 4.2, 0.8
	var out path
	for _, c := range p {
		line, walked := c.points(), float32(0)
		for i := 1; i < len(line); i++ {
			step := line[i].minus(line[i-1]).length()
			for at := float32(0); at < step; at++ {
				if float32(math.Mod(float64(walked+at), period)) < on {
					from := line[i-1].towards(line[i], at/step)
					out = out.capsule(from, line[i-1].towards(line[i], min(1, (at+1)/step)), pen/2)
				}
			}
			walked += step
		}
	}
	return out
}

// capsule appends a hexagon around the line from a to b. All capsules wind the same way, so their overlaps stay filled.
func (p path) capsule(a, b point, radius float32) path {
	along := point{1, 0}
	if d := b.minus(a); d.length() > 0 {
		along = d.times(1 / d.length())
	}
	side, tip := point{-along.y, along.x}.times(radius), along.times(radius)
	outline := []point{a.plus(side), a.minus(tip), a.minus(side), b.minus(side), b.plus(tip), b.plus(side)}
	c := path{{start: outline[0]}}
	for _, q := range outline[1:] {
		c.lineTo(q)
	}
	c.lineTo(outline[0])
	return append(p, c[0])
}
