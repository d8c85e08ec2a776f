package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// The pictures are portraits, as catalogue pictures are. All shapes are written down in these pixels.
const (
	width  = 180
	height = 240
)

// canvas is a picture being drawn, on white. Light falls from the upper left.
type canvas struct {
	pixels [width * height]rgb
	view   func(path) path // applied to every shape
}

func newCanvas() *canvas {
	c := &canvas{view: func(p path) path { return p }}
	for i := range c.pixels {
		c.pixels[i] = white
	}
	return c
}

// tilt turns everything drawn from here on clockwise about the middle of the picture.
func (c *canvas) tilt(degrees float64) {
	c.view = func(p path) path { return p.rotated(degrees, point{width / 2, height / 2}) }
}

// place shrinks everything drawn from here on towards the axis, with the top of the shapes at a height of the picture.
func (c *canvas) place(scale, top float32) {
	c.view = func(p path) path {
		return p.mapped(func(q point) point { return point{width/2 + (q.x-width/2)*scale, top + q.y*scale} })
	}
}

func (c *canvas) mask(p path) mask { return rasterise(c.view(p)) }

// each calls f for the pixels that the mask covers.
func (c *canvas) each(m mask, f func(x, y int, cover float32, pixel *rgb)) {
	r := m.Intersect(image.Rect(0, 0, width, height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if cover := m.at(x, y); cover > 0 {
				f(x, y, cover, &c.pixels[y*width+x])
			}
		}
	}
}

// fill lays paint over the mask, flat.
func (c *canvas) fill(m mask, p paint) {
	c.each(m, func(x, y int, cover float32, pixel *rgb) {
		*pixel = pixel.mix(p(float32(x), float32(y)), cover)
	})
}

// ink fills a shape with one colour.
func (c *canvas) ink(p path, colour rgb) { c.fill(c.mask(p), plain(colour)) }

// print is ink that stays on what is masked.
func (c *canvas) print(on mask, p path, colour rgb) { c.fill(c.mask(p).within(on), plain(colour)) }

// shade lightens (amount > 0, up to 1 = white) or darkens (amount < 0, down to -1 = black) what the mask covers.
func (c *canvas) shade(m mask, amount float32) {
	c.each(m, func(_, _ int, cover float32, pixel *rgb) { *pixel = pixel.lit(amount * cover) })
}

// relief models the masked shape as if it were stuffed: its rim turns away from the eye, and its upper left towards
// the light. Softness is how far from the rim that reaches, in pixels; depth scales its strength, 1 for cloth.
func (c *canvas) relief(m mask, softness int, depth float32) {
	soft, reach := m.blurred(softness), max(1, softness/2)
	c.each(m, func(x, y int, cover float32, pixel *rgb) {
		rim := 1 - soft.at(x, y)
		slope := soft.at(x+reach, y+reach) - soft.at(x-reach, y-reach)
		*pixel = pixel.lit(depth * cover * (0.55*slope - 0.42*rim))
	})
}

// solid fills a shape and models it, and returns its mask for what is drawn upon it.
func (c *canvas) solid(p path, fabric paint, softness int, depth float32) mask {
	m := c.mask(p)
	c.fill(m, fabric)
	c.relief(m, softness, depth)
	return m
}

// cloth is a solid as thick as a piece of clothing.
func (c *canvas) cloth(p path, fabric paint) mask { return c.solid(p, fabric, 9, 1) }

// panel lays another material over a part of a solid.
func (c *canvas) panel(on mask, p path, material paint) mask {
	m := c.mask(p).within(on)
	c.fill(m, material)
	c.relief(m, 4, 0.8)
	return m
}

// fold draws creases on cloth: soft dark valleys with a bright ridge at their upper left.
func (c *canvas) fold(on mask, data string, pen float32, depth float32) {
	p := parsePath(data)
	valley := c.mask(p.stroke(pen)).blurred(int(pen/2) + 1)
	c.shade(valley.within(on), -0.5*depth)
	c.shade(valley.shifted(-int(pen), -int(pen/2)).within(on), 0.22*depth)
}

// seam draws a thin line where pieces meet.
func (c *canvas) seam(on mask, p path, pen, amount float32) {
	c.shade(c.mask(p.stroke(pen)).within(on), amount)
}

// shadow lays a soft shadow of the shape on the white ground, dropped by dy pixels. It is drawn before the shape.
func (c *canvas) shadow(p path, dy int, amount float32) {
	c.shade(c.mask(p).blurred(6).shifted(2, dy), -amount)
}

// gleam lays a soft highlight on what lies under it.
func (c *canvas) gleam(on mask, p path, softness int, amount float32) {
	c.shade(c.mask(p).blurred(softness).within(on), amount)
}

// jpeg encodes the picture.
func (c *canvas) jpeg() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, p := range c.pixels {
		img.SetRGBA(i%width, i/width, color.RGBA{R: level(p.r), G: level(p.g), B: level(p.b), A: 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func level(v float32) uint8 { return uint8(max(0, min(255, v*255+0.5))) }
