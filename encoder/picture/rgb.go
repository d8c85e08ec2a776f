package picture

import "fmt"

// RGB is an upright picture without transparency.
type RGB struct {
	Width, Height int
	Pix           []uint8 // [Height][Width][3], sRGB as stored in the file, rows without padding
}

// newRGB lays a raster out, turned as an EXIF orientation says (1…8, anything else is 1).
func newRGB(r raster, orientation int) *RGB {
	m := &RGB{Width: r.width, Height: r.height, Pix: make([]uint8, 3*r.width*r.height)}
	if orientation < 2 || orientation > 8 {
		stride := 3 * r.width
		for y := range r.height {
			dst := m.Pix[y*stride : (y+1)*stride]
			if row := r.row(y, dst); &row[0] != &dst[0] {
				copy(dst, row)
			}
		}
		return m
	}
	if orientation >= 5 {
		m.Width, m.Height = r.height, r.width
	}
	start, right, below := turn(orientation, r.width, r.height)
	buf := make([]uint8, 3*r.width)
	for y := range r.height {
		to := 3 * (start + y*below)
		row := r.row(y, buf)
		for x := 0; x < len(row); x += 3 {
			copy(m.Pix[to:to+3], row[x:x+3])
			to += 3 * right
		}
	}
	return m
}

// turn says where the pixels of a stored w×h picture go: pixel (x, y) to start + x·right + y·below.
func turn(orientation, w, h int) (start, right, below int) {
	switch orientation {
	case 2: // mirrored
		return w - 1, -1, w
	case 3: // upside down
		return w*h - 1, -1, -w
	case 4: // mirrored and upside down
		return w * (h - 1), 1, -w
	case 5: // transposed
		return 0, h, 1
	case 6: // needs a quarter turn clockwise
		return h - 1, h, -1
	case 7: // transposed along the other diagonal
		return w*h - 1, -h, -1
	case 8: // needs a quarter turn anticlockwise
		return (w - 1) * h, -h, 1
	}
	return 0, 1, w
}

func (m *RGB) raster() raster {
	stride := 3 * m.Width
	return raster{m.Width, m.Height, func(y int, _ []uint8) []uint8 { return m.Pix[y*stride : (y+1)*stride] }}
}

// Resize returns the picture at w×h pixels (both at least 1), with the values that Pillow's Image.resize gives.
func (m *RGB) Resize(w, h int, f Filter) *RGB { return m.raster().resized(w, h, f) }

func (r raster) resized(w, h int, f Filter) *RGB {
	if w < 1 || h < 1 || r.width < 1 || r.height < 1 {
		panic(fmt.Sprintf("picture: cannot resize %d×%d to %d×%d", r.width, r.height, w, h))
	}
	m := &RGB{Width: w, Height: h, Pix: make([]uint8, 3*w*h)}
	z := resampling{
		across:    newWeights(r.width, w, 0, w, f),
		down:      newWeights(r.height, h, 0, h, f),
		downFirst: downFirst(r.width, r.height, w, h),
	}
	new(scratch).resample(r, z, func(y int, row []uint8) { copy(m.Pix[3*w*y:], row) })
	return m
}
