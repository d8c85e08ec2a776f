package picture

import (
	"bytes"
	"image/jpeg"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThumbnail(t *testing.T) {
	for _, c := range []struct {
		source        string
		edge          int
		width, height int
	}{
		{"photo_1000.jpg", 256, 192, 256},
		{"photo_80.jpg", 256, 60, 80}, // never enlarged
		{"photo_80.jpg", 80, 60, 80},
		{"jpeg_orientation_6.jpg", 12, 9, 12},
		{"png_tall.png", 100, 1, 100},
		{"png_rgba.png", 40, 40, 27},
		{"webp_lossy_alpha.webp", 20, 20, 15},
		{"gif_animated.gif", 1, 1, 1},
	} {
		t.Run(c.source, func(t *testing.T) {
			data, err := Thumbnail(goldenFile(t, c.source), c.edge, DefaultLimits())
			require.NoError(t, err)
			config, err := jpeg.DecodeConfig(bytes.NewReader(data))
			require.NoError(t, err)
			require.Equal(t, [2]int{c.width, c.height}, [2]int{config.Width, config.Height})
		})
	}
}

func TestThumbnailIsUpright(t *testing.T) {
	for _, name := range []string{"jpeg_orientation_2.jpg", "jpeg_orientation_3.jpg", "jpeg_orientation_4.jpg"} {
		whole, _, err := Decode(goldenFile(t, name), DefaultLimits())
		require.NoError(t, err)
		small := decodedThumbnail(t, name, 20)
		want := whole.Resize(small.Width, small.Height, Bicubic)
		for turned := 2; turned <= 4; turned++ {
			require.Less(t, meanDifference(small, want), meanDifference(small, newRGB(want.raster(), turned)))
		}
	}
}

func TestThumbnailIsOnWhite(t *testing.T) {
	whole, _, err := Decode(goldenFile(t, "webp_lossless_alpha.webp"), DefaultLimits())
	require.NoError(t, err)
	small := decodedThumbnail(t, "webp_lossless_alpha.webp", 20)
	require.Less(t, meanDifference(small, whole.Resize(small.Width, small.Height, Bicubic)), 16.0)
}

func decodedThumbnail(t *testing.T, name string, edge int) *RGB {
	t.Helper()
	data, err := Thumbnail(goldenFile(t, name), edge, DefaultLimits())
	require.NoError(t, err)
	m, _, err := Decode(data, DefaultLimits())
	require.NoError(t, err)
	return m
}

func meanDifference(a, b *RGB) float64 {
	sum := 0.0
	for i, v := range a.Pix {
		sum += math.Abs(float64(v) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

func TestThumbnailRefuses(t *testing.T) {
	_, err := Thumbnail([]byte("text"), 100, DefaultLimits())
	require.ErrorIs(t, err, ErrFormat)
	_, err = Thumbnail(goldenFile(t, "photo_80.jpg"), 0, DefaultLimits())
	require.Error(t, err)
}
