package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBoxCheck(t *testing.T) {
	for _, b := range []Part{
		{Left: 0.5, Right: 0.5, Bottom: 1}, {Left: 0.6, Right: 0.4, Bottom: 1}, {Right: 1}, {Left: -0.1, Right: 1, Bottom: 1},
		{Right: 1.1, Bottom: 1}, {Right: math.NaN(), Bottom: 1}, {Top: math.NaN(), Right: 1, Bottom: 1},
	} {
		require.Error(t, b.Check(), "%v", b)
	}
	for _, b := range []Part{{}, Whole(), {Left: 0.25, Top: 0.25, Right: 0.75, Bottom: 0.75}} {
		require.NoError(t, b.Check(), "%v", b)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		name         string
		n            int
		low, high    float64
		start, count int
	}{
		{"all", 10, 0, 1, 0, 10},
		{"the middle", 10, 0.25, 0.75, 3, 5},
		{"one pixel is enough", 1, 0.9, 1, 0, 1},
		{"thinner than a pixel", 100, 0.501, 0.502, 50, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, count := within(c.n, c.low, c.high)
			require.Equal(t, []int{c.start, c.count}, []int{start, count})
		})
	}
}

// TestPreprocessPart compares with the same part cut out beforehand.
func TestPreprocessPart(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for i := range 40 * 20 {
		whole.Set(i%40, i/40, color.RGBA{uint8(i), uint8(i / 3), uint8(7 * i), 255})
	}
	file := func(m image.Image) File {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, m))
		f, err := Open(b.Bytes(), DefaultLimits())
		require.NoError(t, err)
		return f
	}
	p, err := ParsePreprocessor([]byte(`{"image_processor_type":"CLIPImageProcessor","size":{"height":8,"width":8},"do_center_crop":false}`))
	require.NoError(t, err)
	got, want := make([]float32, 3*8*8), make([]float32, 3*8*8)
	require.NoError(t, p.PreprocessPart(file(whole), Part{Left: 0.25, Top: 0.5, Right: 1, Bottom: 1}, got))
	require.NoError(t, p.PreprocessFile(file(whole.SubImage(image.Rect(10, 10, 40, 20))), want))
	require.Equal(t, want, got)

	require.NoError(t, p.PreprocessFile(file(whole), want))
	for _, b := range []Part{{}, Whole()} {
		require.NoError(t, p.PreprocessPart(file(whole), b, got))
		require.Equal(t, want, got)
	}
}
