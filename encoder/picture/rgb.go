package picture

import "fmt"

// RGB is an upright picture without transparency.
type RGB struct {
	Width, Height int
	Pix           []uint8 // [Height][Width][3], sRGB as stored in the file, rows without padding
}

// newRGB lays a raster out.
func newRGB(r raster) *RGB {
	m := &RGB{Width: r.width, Height: r.height, Pix: make([]uint8, 3*r.width*r.height)}
	stride := 3 * r.width
	for y := range r.height {
		dst := m.Pix[y*stride : (y+1)*stride]
		if row := r.row(y, dst); &row[0] != &dst[0] {
			copy(dst, row)
		}
	}
	return m
}

func (m *RGB) raster() raster {
	stride := 3 * m.Width
	return raster{m.Width, m.Height, func(y int, _ []uint8) []uint8 { return m.Pix[y*stride : (y+1)*stride] }}
}

// Resize returns the picture at w×h pixels (both at least 1), with the values that Pillow's Image.resize gives.
func (m *RGB) Resize(w, h int, f Filter) *RGB {
	if w < 1 || h < 1 || m.Width < 1 || m.Height < 1 {
		panic(fmt.Sprintf("picture: cannot resize %d×%d to %d×%d", m.Width, m.Height, w, h))
	}
	out := &RGB{Width: w, Height: h, Pix: make([]uint8, 3*w*h)}
	z := resampling{
		across:    newWeights(m.Width, w, 0, w, f),
		down:      newWeights(m.Height, h, 0, h, f),
		downFirst: downFirst(m.Width, m.Height, w, h),
	}
	new(scratch).resample(m.raster(), z, func(y int, row []uint8) { copy(out.Pix[3*w*y:], row) })
	return out
}

// upright applies an EXIF orientation (1…8, anything else is 1).
func (m *RGB) upright(orientation int) *RGB {
	if orientation < 2 || orientation > 8 {
		return m
	}
	w, h := m.Width, m.Height
	// The source of destination (x, y) is start + x·right + y·below, in pixels.
	var start, right, below int
	switch orientation {
	case 2: // mirrored
		start, right, below = w-1, -1, w
	case 3: // upside down
		start, right, below = w*h-1, -1, -w
	case 4: // mirrored and upside down
		start, right, below = w*(h-1), 1, -w
	case 5: // transposed
		start, right, below = 0, w, 1
	case 6: // needs a quarter turn clockwise
		start, right, below = w*(h-1), -w, 1
	case 7: // transposed along the other diagonal
		start, right, below = w*h-1, -w, -1
	case 8: // needs a quarter turn anticlockwise
		start, right, below = w-1, w, -1
	}
	if orientation >= 5 {
		w, h = h, w
	}
	out := &RGB{Width: w, Height: h, Pix: make([]uint8, len(m.Pix))}
	i := 0
	for y := range h {
		from := 3 * (start + y*below)
		for range w {
			out.Pix[i], out.Pix[i+1], out.Pix[i+2] = m.Pix[from], m.Pix[from+1], m.Pix[from+2]
			i += 3
			from += 3 * right
		}
	}
	return out
}
