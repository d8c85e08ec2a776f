package picture

import (
	"bytes"
	"image"
	"image/gif"
)

// decodeGIF composites the first frame on its screen. What the frame leaves open is transparent when the frame has a
// transparent colour, else the first colour of its palette, as in Pillow.
func decodeGIF(data []byte, h Header) (raster, error) {
	m, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	frame, ok := m.(*image.Paletted)
	if screen := image.Rect(0, 0, h.Width, h.Height); ok && frame.Rect != screen {
		canvas := image.NewPaletted(screen, frame.Palette)
		if through := transparentIndex(frame.Palette); through > 0 {
			for i := range canvas.Pix {
				canvas.Pix[i] = through
			}
		}
		b := frame.Rect.Intersect(screen)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			copy(canvas.Pix[canvas.PixOffset(b.Min.X, y):canvas.PixOffset(b.Max.X, y)], frame.Pix[frame.PixOffset(b.Min.X, y):])
		}
		m = canvas
	}
	return rasterOf(m)
}
