package picture

import "image"

// chroma brings the subsampled colour planes of a JPEG to full resolution, a row at a time, with the filters of
// libjpeg-turbo's jdsample.c.
type chroma struct {
	m             *image.YCbCr
	width, height int                             // samples of a colour plane that belong to the picture
	up            func(plane, out []uint8, y int) // fills out with row y of the picture
	cb, cr        []uint8
	sums          []int32 // of two rows, for up
}

func newChroma(m *image.YCbCr, w, h int) *chroma {
	c := &chroma{m: m}
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		c.width, c.height, c.up = (w+1)/2, (h+1)/2, c.up420
		c.sums = make([]int32, c.width)
	case image.YCbCrSubsampleRatio422:
		c.width, c.height, c.up = (w+1)/2, h, c.up422
	case image.YCbCrSubsampleRatio440:
		c.width, c.height, c.up = w, (h+1)/2, c.up440
	case image.YCbCrSubsampleRatio444:
		return c
	default: // 4:1:1 and 4:1:0, which libjpeg replicates too
		c.width, c.height, c.up = w, h, c.replicate
	}
	// Two more than the picture is wide: upsampling writes pairs.
	c.cb, c.cr = make([]uint8, 2*c.width+2), make([]uint8, 2*c.width+2)
	return c
}

// rows returns both colours of row y of the picture; they hold until the next call.
func (c *chroma) rows(y int) (cb, cr []uint8) {
	if c.up == nil {
		at := y * c.m.CStride
		return c.m.Cb[at:], c.m.Cr[at:]
	}
	c.up(c.m.Cb, c.cb, y)
	c.up(c.m.Cr, c.cr, y)
	return c.cb, c.cr
}

// line returns row y of a colour plane, the nearest one when y is outside of the picture.
func (c *chroma) line(plane []uint8, y int) []uint8 {
	return plane[min(max(y, 0), c.height-1)*c.m.CStride:][:c.width]
}

// neighbour is the second nearest colour row to row y of a picture with half as many of them.
func neighbour(y int) int { return y/2 - 1 + 2*(y&1) }

// up420 is h2v2_fancy_upsample: 3/4 the nearer and 1/4 the farther sample on both axes.
func (c *chroma) up420(plane, out []uint8, y int) {
	near := c.line(plane, y/2)
	if c.width <= 2 { // jinit_upsampler falls back to replication
		double(near, out)
		return
	}
	far := c.line(plane, neighbour(y))
	sums, last := c.sums, c.width-1
	for i, v := range near {
		sums[i] = 3*int32(v) + int32(far[i])
	}
	out[0] = uint8((4*sums[0] + 8) >> 4)
	out[1] = uint8((3*sums[0] + sums[1] + 7) >> 4)
	previous, this := sums[0], sums[1]
	for i, next := range sums[2:] {
		o := out[2*i+2 : 2*i+4 : 2*i+4]
		o[0] = uint8((3*this + previous + 8) >> 4)
		o[1] = uint8((3*this + next + 7) >> 4)
		previous, this = this, next
	}
	out[2*last] = uint8((3*sums[last] + sums[last-1] + 8) >> 4)
	out[2*last+1] = uint8((4*sums[last] + 7) >> 4)
}

// up422 is h2v1_fancy_upsample.
func (c *chroma) up422(plane, out []uint8, y int) {
	in := c.line(plane, y)
	if c.width <= 2 {
		double(in, out)
		return
	}
	last := c.width - 1
	out[0], out[1] = in[0], uint8((3*int32(in[0])+int32(in[1])+2)>>2)
	for i := 1; i < last; i++ {
		v := 3 * int32(in[i])
		out[2*i] = uint8((v + int32(in[i-1]) + 1) >> 2)
		out[2*i+1] = uint8((v + int32(in[i+1]) + 2) >> 2)
	}
	out[2*last], out[2*last+1] = uint8((3*int32(in[last])+int32(in[last-1])+1)>>2), in[last]
}

// up440 is h1v2_fancy_upsample.
func (c *chroma) up440(plane, out []uint8, y int) {
	near, far := c.line(plane, y/2), c.line(plane, neighbour(y))
	bias := int32(1 + y&1)
	for i, v := range near {
		out[i] = uint8((3*int32(v) + int32(far[i]) + bias) >> 2)
	}
}

func (c *chroma) replicate(plane, out []uint8, y int) {
	for x := range c.width {
		out[x] = plane[c.m.COffset(c.m.Rect.Min.X+x, c.m.Rect.Min.Y+y)]
	}
}

func double(in, out []uint8) {
	for i, v := range in {
		out[2*i], out[2*i+1] = v, v
	}
}
