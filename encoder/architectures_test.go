package encoder

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/engine"
)

// The model folders that train/fixtures/make.py built: architectures of the field, tiny, with random weights.
const architectures = "testdata/architectures"

// reference is what the reference library made of texts and pictures with a model.
type reference struct {
	Length int `json:"length"` // of padded texts
	Texts  []struct {
		Text   string  `json:"text"`
		IDs    []int64 `json:"ids"`
		Vector packed  `json:"vector"`
	} `json:"texts"`
	Pictures []struct {
		File   string `json:"file"`
		Tensor string `json:"tensor"` // SHA-256; empty where decoders may differ
		Vector packed `json:"vector"`
	} `json:"pictures"`
}

func readReference(tb testing.TB, name string) (r reference) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(architectures, name, "reference.json"))
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(data, &r))
	require.NotEmpty(tb, r.Texts)
	require.NotEmpty(tb, r.Pictures)
	return r
}

// openArchitecture opens a folder of testdata, or skips the test when there is no library to run it.
func openArchitecture(tb testing.TB, name string, o Options) *Encoder {
	tb.Helper()
	o.Library.Path = os.Getenv("PINAX_RUNTIME_LIBRARY")
	if _, err := onnx.Start(o.Library); errors.Is(err, onnx.ErrNoLibrary) {
		tb.Skip("NOT TESTED, the ONNX Runtime library is not bundled: run encoder/onnx/fetch.py")
	}
	e, err := Open(Dir(filepath.Join(architectures, name)), o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, e.Close()) })
	return e
}

func TestArchitectures(t *testing.T) {
	for _, c := range []struct {
		name        string
		dimension   int
		padded      bool // texts must have their full length
		scale, bias float64
	}{
		{name: "clip-vit", dimension: 24, scale: 100},
		{name: "clip-vit-336", dimension: 24, scale: 100},
		{name: "clip-resnet", dimension: 24, padded: true, scale: 100},
		{name: "openclip-vit", dimension: 24, padded: true, scale: 100},
		{name: "siglip", dimension: 32, padded: true, scale: 117.4, bias: -12.9},
		{name: "siglip2", dimension: 32, padded: true, scale: 117.4, bias: -16.5},
		{name: "mobileclip", dimension: 24, padded: true, scale: 100},
		{name: "mobileclip2", dimension: 24, padded: true, scale: 100},
		{name: "chinese-clip", dimension: 24, scale: 100},
		{name: "m-clip", dimension: 24, scale: 100},
		{name: "jina-clip", dimension: 32, scale: 100},
		{name: "hybrid", dimension: 24, scale: 20.09},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, r := openArchitecture(t, c.name, Options{}), readReference(t, c.name)
			require.Equal(t, c.dimension, e.Info().Dimension)
			require.InDelta(t, c.scale, e.Info().LogitScale, 0.1)
			require.InDelta(t, c.bias, e.Info().LogitBias, 1e-5)
			requireTokens(t, e, r)
			requireTensors(t, e, r)
			requireLength(t, e, r, c.padded)
			text, image := leastCosines(t, e, r)
			require.GreaterOrEqual(t, text, 0.9999)
			require.GreaterOrEqual(t, image, 0.9999)
			t.Logf("least cosine with the reference: %.7f texts, %.7f pictures", text, image)
		})
	}
}

// requireTokens compares token ids.
func requireTokens(t *testing.T, e *Encoder, r reference) {
	t.Helper()
	for _, want := range r.Texts {
		ids, err := e.tokenizer.Encode(want.Text)
		require.NoError(t, err)
		require.Equal(t, want.IDs, ids, want.Text)
	}
}

// requireTensors compares preprocessed pictures bit by bit.
func requireTensors(t *testing.T, e *Encoder, r reference) {
	t.Helper()
	channels, height, width := e.preprocessor.Shape()
	tensor := make([]float32, channels*height*width)
	for _, want := range r.Pictures {
		if want.Tensor == "" {
			continue
		}
		_, err := e.preprocessor.Preprocess(architecturePicture(t, want.File), picture.DefaultLimits(), tensor)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, binary.Write(&b, binary.LittleEndian, tensor))
		sum := sha256.Sum256(b.Bytes())
		require.Equal(t, want.Tensor, hex.EncodeToString(sum[:]), want.File)
	}
}

func architecturePicture(tb testing.TB, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(architectures, "pictures", file))
	require.NoError(tb, err)
	return data
}

// requireLength checks that texts are padded to the full length where they must be, and that elsewhere padding makes no
// difference.
func requireLength(t *testing.T, e *Encoder, r reference, padded bool) {
	t.Helper()
	if padded {
		require.Equal(t, r.Length, e.text.length)
		return
	}
	require.Zero(t, e.text.length)
	for _, text := range r.Texts {
		trimmed, err := e.text.runRows([][]int64{text.IDs}, len(text.IDs))
		require.NoError(t, err)
		full, err := e.text.runRows([][]int64{text.IDs}, r.Length)
		require.NoError(t, err)
		require.InDelta(t, 1, cosine(trimmed[0], full[0]), 1e-6, text.Text)
	}
}

// leastCosines encodes everything, together and alone, and returns the least cosines with the reference.
func leastCosines(t *testing.T, e *Encoder, r reference) (text, image float64) {
	t.Helper()
	text, image = 1, 1
	var texts []string
	for _, want := range r.Texts {
		texts = append(texts, want.Text)
		alone, err := e.EncodeTexts(t.Context(), []string{want.Text})
		require.NoError(t, err)
		text = min(text, cosine(want.Vector, alone[0]))
	}
	together, err := e.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	for i, want := range r.Texts {
		require.Len(t, together[i], len(want.Vector))
		text = min(text, cosine(want.Vector, together[i]))
	}
	var pictures [][]byte
	for _, want := range r.Pictures {
		pictures = append(pictures, architecturePicture(t, want.File))
	}
	images, err := e.EncodeImages(t.Context(), pictures)
	require.NoError(t, err)
	for i, want := range r.Pictures {
		require.NoError(t, images[i].Err, want.File)
		require.Len(t, images[i].Vector, len(want.Vector))
		image = min(image, cosine(want.Vector, images[i].Vector))
	}
	return text, image
}

func TestPrecisions(t *testing.T) {
	for _, name := range []string{"clip-vit", "chinese-clip"} {
		prints := map[string]bool{}
		for _, c := range []struct {
			precision Precision
			least     float64
		}{{F32, 0.9999}, {F16, 0.9999}, {Int8, 0.99}} {
			t.Run(name+" "+string(c.precision), func(t *testing.T) {
				e, r := openArchitecture(t, name, Options{Precision: c.precision}), readReference(t, name)
				text, image := leastCosines(t, e, r)
				require.GreaterOrEqual(t, text, c.least)
				require.GreaterOrEqual(t, image, c.least)
				require.Zero(t, e.text.length, "trimmed")
				require.False(t, prints[e.Info().Fingerprint], "another precision has the same fingerprint")
				prints[e.Info().Fingerprint] = true
				t.Logf("least cosine with the reference: %.7f texts, %.7f pictures", text, image)
			})
		}
	}
}

func TestPrecisionThatIsMissing(t *testing.T) {
	_, err := readFolder(Dir(filepath.Join(architectures, "hybrid")), "f64")
	requireCode(t, engine.CodeInvalid, err)
	require.Contains(t, asError(t, err).Hint, "int8")
	_, err = readFolder(Dir(filepath.Join(architectures, "hybrid")), Int8)
	requireCode(t, engine.CodeDamaged, err)
	require.Contains(t, asError(t, err).Detail, "onnx/image_encoder.onnx", "what there is")
	require.Contains(t, asError(t, err).Hint, "encoder.precision")
}
