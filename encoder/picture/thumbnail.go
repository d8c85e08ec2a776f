package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
)

// thumbnailQuality is where product photos of 200 to 400 pixels stop looking better.
const thumbnailQuality = 85

// Thumbnail returns a JPEG of the picture, upright and on white, whose longer edge has at most edge pixels. It never
// enlarges, and carries over no metadata.
func Thumbnail(data []byte, edge int, l Limits) ([]byte, error) {
	if edge < 1 {
		return nil, fmt.Errorf("picture: thumbnail of %d pixels", edge)
	}
	m, _, err := Decode(data, l)
	if err != nil {
		return nil, err
	}
	if longer := max(m.Width, m.Height); longer > edge {
		s := float64(edge) / float64(longer)
		m = m.Resize(shrunk(m.Width, s), shrunk(m.Height, s), Bicubic)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m.rgba(), &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return nil, fmt.Errorf("picture: thumbnail: %w", err)
	}
	return b.Bytes(), nil
}

func shrunk(n int, s float64) int { return max(1, int(math.Round(float64(n)*s))) }

func (m *RGB) rgba() *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i, j := 0, 0; i < len(m.Pix); i, j = i+3, j+4 {
		out.Pix[j], out.Pix[j+1], out.Pix[j+2], out.Pix[j+3] = m.Pix[i], m.Pix[i+1], m.Pix[i+2], 255
	}
	return out
}
