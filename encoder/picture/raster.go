package picture

import (
	"fmt"
	"image"
	"image/color"
)

// rasterOf reads the picture types that the decoder libraries return. 16-bit samples keep their high byte; transparency
// is flattened on white.
func rasterOf(m image.Image) (raster, error) {
	w, h := sizeOf(m)
	r := raster{width: w, height: h}
	switch m := m.(type) {
	case *image.Gray:
		r.row = rows(m.Pix, m.Stride, 1, w, func(p, d []uint8) { d[0], d[1], d[2] = p[0], p[0], p[0] })
	case *image.Gray16:
		r.row = rows(m.Pix, m.Stride, 2, w, func(p, d []uint8) { d[0], d[1], d[2] = p[0], p[0], p[0] })
	case *image.RGBA:
		r.row = rows(m.Pix, m.Stride, 4, w, func(p, d []uint8) { flattenPremultiplied(d, p[0], p[1], p[2], p[3]) })
	case *image.RGBA64:
		r.row = rows(m.Pix, m.Stride, 8, w, func(p, d []uint8) { flattenPremultiplied(d, p[0], p[2], p[4], p[6]) })
	case *image.NRGBA:
		r.row = rows(m.Pix, m.Stride, 4, w, func(p, d []uint8) { flatten(d, p[0], p[1], p[2], p[3]) })
	case *image.NRGBA64:
		r.row = rows(m.Pix, m.Stride, 8, w, func(p, d []uint8) { flatten(d, p[0], p[2], p[4], p[6]) })
	case *image.CMYK:
		r.row = rows(m.Pix, m.Stride, 4, w, cmyk)
	case *image.Paletted:
		colours := flatPalette(m.Palette)
		r.row = rows(m.Pix, m.Stride, 1, w, func(p, d []uint8) { copy(d, colours[p[0]][:]) })
	default:
		return raster{}, fmt.Errorf("%w: pixels of type %T", ErrFormat, m)
	}
	return r, nil
}

// rows makes a raster's row function from one for a pixel: p holds the size bytes of a source pixel, d takes RGB.
func rows(pix []uint8, stride, size, width int, pixel func(p, d []uint8)) func(int, []uint8) []uint8 {
	return func(y int, buf []uint8) []uint8 {
		src := pix[y*stride:][:size*width]
		dst := buf[:3*width]
		for i, j := 0, 0; i < len(src); i, j = i+size, j+3 {
			pixel(src[i:i+size:i+size], dst[j:j+3:j+3])
		}
		return dst
	}
}

// flatten composites a colour on white as Pillow's ImagingAlphaComposite does.
func flatten(d []uint8, r, g, b, a uint8) {
	d[0], d[1], d[2] = onWhite(r, a), onWhite(g, a), onWhite(b, a)
}

func onWhite(v, a uint8) uint8 {
	const bits = 7
	t := (uint32(v)*uint32(a)+255*(255-uint32(a)))<<bits + 0x80<<bits
	return uint8((t>>8 + t) >> 8 >> bits)
}

// flattenPremultiplied divides by alpha first, as Pillow does when it opens such a TIFF.
func flattenPremultiplied(d []uint8, r, g, b, a uint8) {
	switch a {
	case 255:
		d[0], d[1], d[2] = r, g, b
	case 0:
		d[0], d[1], d[2] = 255, 255, 255
	default:
		flatten(d, divided(r, a), divided(g, a), divided(b, a), a)
	}
}

func divided(v, a uint8) uint8 { return uint8(min(255, uint32(v)*255/uint32(a))) }

// cmyk is cmyk2rgb in Pillow's Convert.c: (1−C)(1−K), rounded.
func cmyk(p, d []uint8) {
	white := 255 - uint32(p[3])
	for i := range 3 {
		t := uint32(p[i])*white + 128
		d[i] = uint8(white - (t>>8+t)>>8)
	}
}

// flatPalette flattens the colours once. Indices beyond the palette are black.
func flatPalette(p color.Palette) (flat [256][3]uint8) {
	for i, c := range p[:min(len(p), 256)] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		flatten(flat[i][:], n.R, n.G, n.B, n.A)
	}
	return flat
}

// transparentIndex returns the first fully transparent colour, 0 when there is none.
func transparentIndex(p color.Palette) uint8 {
	for i, c := range p[:min(len(p), 256)] {
		if _, _, _, a := c.RGBA(); a == 0 {
			return uint8(i)
		}
	}
	return 0
}
