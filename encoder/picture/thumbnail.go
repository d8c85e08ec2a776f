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
	f, err := Open(data, l)
	if err != nil {
		return nil, err
	}
	return f.Thumbnail(edge)
}

// Thumbnail is the function of that name for a picture whose header was read already.
func (f File) Thumbnail(edge int) (thumbnail []byte, err error) {
	if edge < 1 {
		return nil, fmt.Errorf("picture: thumbnail of %d pixels", edge)
	}
	r, err := f.decode()
	if err != nil {
		return nil, err
	}
	defer recovered(f.Header.Format, &err)
	if longer := max(r.width, r.height); longer > edge {
		// The small picture is turned, not the large one: the last bit of exactness does not matter here.
		s := float64(edge) / float64(longer)
		r = r.resized(shrunk(r.width, s), shrunk(r.height, s), Bicubic).raster()
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, newRGB(r, f.Header.Orientation).rgba(), &jpeg.Options{Quality: thumbnailQuality}); err != nil {
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
