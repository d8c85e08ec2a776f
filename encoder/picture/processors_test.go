package picture

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// processed is a case of testdata/processors.json: what a reference processor makes of a picture.
type processed struct {
	Config json.RawMessage `json:"config"`
	Source string          `json:"source"`
	Shape  [3]int          `json:"shape"`
	SHA256 string          `json:"sha256"` // of the tensor, where decoding is exact
	Values []byte          `json:"values"` // the gzipped tensor, where it is not
}

// jpegTolerance is how far a sample may be off, of 255: decoders round the inverse cosine transform differently.
const jpegTolerance = 5.0

func TestReferenceProcessors(t *testing.T) {
	data, err := os.ReadFile("testdata/processors.json")
	require.NoError(t, err)
	var cases []processed
	require.NoError(t, json.Unmarshal(data, &cases))
	require.Greater(t, len(cases), 200)
	worst := 0.0
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %s %s", i, c.Source, c.Config), func(t *testing.T) {
			p, err := ParsePreprocessor(c.Config)
			require.NoError(t, err)
			channels, height, width := p.Shape()
			require.Equal(t, c.Shape, [3]int{channels, height, width})
			got := make([]float32, channels*height*width)
			_, err = p.Preprocess(goldenFile(t, c.Source), DefaultLimits(), got)
			require.NoError(t, err)
			var b bytes.Buffer
			require.NoError(t, binary.Write(&b, binary.LittleEndian, got))
			if c.SHA256 != "" {
				sum := sha256.Sum256(b.Bytes())
				require.Equal(t, c.SHA256, hex.EncodeToString(sum[:]))
				return
			}
			d := samplesApart(p, c.unpack(t, len(got)), got)
			worst = max(worst, d)
			require.LessOrEqual(t, d, jpegTolerance)
		})
	}
	t.Logf("largest difference of a JPEG's sample: %.2f", worst)
}

func (c *processed) unpack(t *testing.T, n int) []float32 {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(c.Values))
	require.NoError(t, err)
	values := make([]float32, n)
	require.NoError(t, binary.Read(r, binary.LittleEndian, values))
	return values
}

// samplesApart is the largest difference of two tensors in steps of a sample, of which there are 255 in a value table.
func samplesApart(p *Preprocessor, a, b []float32) float64 {
	plane, apart := len(a)/3, 0.0
	for c := range 3 {
		step := float64(p.values[c][255]-p.values[c][0]) / 255
		apart = max(apart, farthest(a[c*plane:(c+1)*plane], b[c*plane:(c+1)*plane])/step)
	}
	return apart
}
