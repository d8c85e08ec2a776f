package picture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden is what testdata/golden.py wrote: Pillow's answers.
type golden struct {
	Decode []struct {
		Source        string
		Width, Height int
		Tolerance     float64 // largest difference of a sample
		Pixels        string
	}
	Resize []struct {
		Source        string
		Filter        Filter
		Width, Height int
		Pixels        string
	}
	Tensor []struct {
		Name, Source string
		Config       json.RawMessage
		Shape        [3]int
		Tolerance    float64
		Values       string
	}
}

var goldenFolder = flag.String("golden", filepath.Join("testdata", "golden"), "folder with cases.json")

func readGolden(t testing.TB) golden {
	t.Helper()
	var g golden
	require.NoError(t, json.Unmarshal(goldenFile(t, "cases.json"), &g))
	return g
}

func goldenFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(*goldenFolder, name))
	require.NoError(t, err)
	return data
}

func goldenBytes(t testing.TB, name string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(goldenFile(t, name)))
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return data
}

// farthest is the largest difference between two samples.
func farthest[T uint8 | float32](a, b []T) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

func TestDecodeIsPillows(t *testing.T) {
	largest := 0.0
	for _, c := range readGolden(t).Decode {
		t.Run(c.Source, func(t *testing.T) {
			data, want := goldenFile(t, c.Source), goldenBytes(t, c.Pixels)
			sniffed, err := Sniff(data, DefaultLimits())
			require.NoError(t, err)
			m, h, err := Decode(data, DefaultLimits())
			require.NoError(t, err)
			require.Equal(t, sniffed, h)
			require.Equal(t, [2]int{c.Width, c.Height}, [2]int{h.Width, h.Height})
			require.Equal(t, [2]int{c.Width, c.Height}, [2]int{m.Width, m.Height})
			require.Len(t, m.Pix, len(want))
			d := farthest(m.Pix, want)
			largest = max(largest, d)
			require.LessOrEqual(t, d, c.Tolerance)
		})
	}
	t.Log("largest difference of a sample:", largest)
}

func TestResizeIsPillows(t *testing.T) {
	for _, c := range readGolden(t).Resize {
		t.Run(fmt.Sprintf("filter %d to %dx%d", c.Filter, c.Width, c.Height), func(t *testing.T) {
			m, _, err := Decode(goldenFile(t, c.Source), DefaultLimits())
			require.NoError(t, err)
			got := m.Resize(c.Width, c.Height, c.Filter)
			require.Equal(t, goldenBytes(t, c.Pixels), got.Pix)
		})
	}
}

func TestTensorIsTheProcessors(t *testing.T) {
	largest := 0.0
	for _, c := range readGolden(t).Tensor {
		t.Run(c.Name, func(t *testing.T) {
			p, err := ParsePreprocessor(c.Config)
			require.NoError(t, err)
			channels, height, width := p.Shape()
			require.Equal(t, c.Shape, [3]int{channels, height, width})
			want := make([]float32, channels*height*width)
			require.NoError(t, binary.Read(bytes.NewReader(goldenBytes(t, c.Values)), binary.LittleEndian, want))

			data := goldenFile(t, c.Source)
			m, decoded, err := Decode(data, DefaultLimits())
			require.NoError(t, err)
			got := make([]float32, len(want))
			p.Tensor(m, got)
			largest = max(largest, farthest(got, want))
			require.LessOrEqual(t, farthest(got, want), c.Tolerance)

			inOneStep := make([]float32, len(want))
			h, err := p.Preprocess(data, DefaultLimits(), inOneStep)
			require.NoError(t, err)
			require.Equal(t, decoded, h)
			require.Equal(t, got, inOneStep)
		})
	}
	t.Log("largest difference of a number:", largest)
}
