package demo

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// mask says how much of each pixel a shape covers, from 0 to 1. Outside its rectangle it is 0.
type mask struct {
	image.Rectangle
	cover []float32 // row by row
}

func newMask(r image.Rectangle) mask {
	return mask{Rectangle: r, cover: make([]float32, r.Dx()*r.Dy())}
}

func (m mask) at(x, y int) float32 {
	if !(image.Point{X: x, Y: y}).In(m.Rectangle) {
		return 0
	}
	return m.cover[(y-m.Min.Y)*m.Dx()+x-m.Min.X]
}

// rasterise turns a path into its mask, antialiased and cut to the picture.
func rasterise(p path) mask {
	r := p.bounds().Intersect(image.Rect(0, 0, width, height))
	if r.Empty() {
		return mask{}
	}
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	for _, c := range p.shifted(float32(-r.Min.X), float32(-r.Min.Y)) {
		z.MoveTo(c.start.x, c.start.y)
		for _, b := range c.curves {
			z.CubeTo(b[0].x, b[0].y, b[1].x, b[1].y, b[2].x, b[2].y)
		}
		z.ClosePath()
	}
	alpha := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	z.Draw(alpha, alpha.Rect, image.Opaque, image.Point{})
	m := newMask(r)
	for i, a := range alpha.Pix {
		m.cover[i] = float32(a) / 255
	}
	return m
}

// bounds is the rectangle around the path's control points, which holds its curves too.
func (p path) bounds() image.Rectangle {
	low, high := point{math.MaxFloat32, math.MaxFloat32}, point{-math.MaxFloat32, -math.MaxFloat32}
	grow := func(q point) {
		low = point{min(low.x, q.x), min(low.y, q.y)}
		high = point{max(high.x, q.x), max(high.y, q.y)}
	}
	for _, c := range p {
		grow(c.start)
		for _, b := range c.curves {
			grow(b[0])
			grow(b[1])
			grow(b[2])
		}
	}
	return image.Rect(int(low.x)-1, int(low.y)-1, int(high.x)+2, int(high.y)+2)
}

// within is the part of m that n covers.
func (m mask) within(n mask) mask {
	out := newMask(m.Intersect(n.Rectangle))
	for y := out.Min.Y; y < out.Max.Y; y++ {
		row := out.row(y)
		for i := range row {
			row[i] = m.at(out.Min.X+i, y) * n.at(out.Min.X+i, y)
		}
	}
	return out
}

func (m mask) shifted(dx, dy int) mask {
	m.Rectangle = m.Add(image.Pt(dx, dy))
	return m
}

// blurred softens the mask: two box blurs, near enough to a Gaussian of standard deviation radius × 0.8.
func (m mask) blurred(radius int) mask {
	out := newMask(m.Inset(-2 * radius))
	for y := m.Min.Y; y < m.Max.Y; y++ {
		copy(out.row(y)[2*radius:], m.row(y))
	}
	w, h := out.Dx(), out.Dy()
	line := make([]float32, max(w, h))
	for range 2 {
		for y := range h {
			boxBlur(out.cover[y*w:], 1, line[:w], radius)
		}
		for x := range w {
			boxBlur(out.cover[x:], w, line[:h], radius)
		}
	}
	return out
}

func (m mask) row(y int) []float32 {
	i := (y - m.Min.Y) * m.Dx()
	return m.cover[i : i+m.Dx()]
}

// boxBlur replaces len(line) values of v, stride apart, by the means of the 2·radius+1 values around them; line is
// scratch.
func boxBlur(v []float32, stride int, line []float32, radius int) {
	for i := range line {
		line[i] = v[i*stride]
	}
	sum, share := float32(0), 1/float32(2*radius+1)
	for i := range min(radius, len(line)) {
		sum += line[i]
	}
	for i := range line {
		if i+radius < len(line) {
			sum += line[i+radius]
		}
		v[i*stride] = sum * share
		if i >= radius {
			sum -= line[i-radius]
		}
	}
}
