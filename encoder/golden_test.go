package encoder

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/onnx"
)

const bundledModel = "../models/pinax-mini"

// openBundled opens the bundled model, or skips the test when there is no library to run it.
func openBundled(tb testing.TB, o Options) *Encoder {
	tb.Helper()
	o.Library.Path = os.Getenv("PINAX_RUNTIME_LIBRARY")
	if _, err := onnx.Start(o.Library); errors.Is(err, onnx.ErrNoLibrary) {
		tb.Skip("NOT TESTED, the ONNX Runtime library is not bundled: run encoder/onnx/fetch.py")
	}
	e, err := Open(os.DirFS(bundledModel), o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, e.Close()) })
	return e
}

// packed is a vector as base64 of little-endian float32.
type packed []float32

func (p *packed) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	*p = make(packed, len(data)/4)
	return binary.Read(bytes.NewReader(data), binary.LittleEndian, *p)
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}

type golden struct {
	Texts []struct {
		Text   string `json:"text"`
		Vector packed `json:"vector"`
	} `json:"texts"`
	Pictures []struct {
		File   string `json:"file"`
		Vector packed `json:"vector"`
	} `json:"pictures"`
}

func readGolden(tb testing.TB) (g golden) {
	tb.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(data, &g))
	return g
}

// requireSame checks a vector against the reference's.
func requireSame(tb testing.TB, want, got []float32, name string) (cos float64) {
	tb.Helper()
	require.Len(tb, got, len(want), name)
	cos = cosine(want, got)
	require.GreaterOrEqual(tb, cos, 0.9999, name)
	var norm float64
	for _, x := range got {
		norm += float64(x) * float64(x)
	}
	require.InDelta(tb, 1, norm, 1e-5, "%s is not normalised", name)
	return cos
}

func TestGoldenTexts(t *testing.T) {
	e := openBundled(t, Options{})
	g := readGolden(t)
	require.GreaterOrEqual(t, len(g.Texts), 40)
	texts := make([]string, len(g.Texts))
	for i, want := range g.Texts {
		texts[i] = want.Text
	}
	vectors, err := e.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	worst := 1.0
	for i, want := range g.Texts {
		worst = min(worst, requireSame(t, want.Vector, vectors[i], want.Text))
		alone, err := e.EncodeTexts(t.Context(), texts[i:i+1])
		require.NoError(t, err)
		worst = min(worst, requireSame(t, want.Vector, alone[0], want.Text))
	}
	t.Logf("least cosine with the reference: %.7f", worst)
}

func TestGoldenPictures(t *testing.T) {
	e := openBundled(t, Options{})
	g := readGolden(t)
	var pictures [][]byte
	for _, want := range g.Pictures {
		data, err := os.ReadFile(filepath.Join("testdata/pictures", want.File))
		require.NoError(t, err)
		pictures = append(pictures, data)
	}
	images, err := e.EncodeImages(t.Context(), pictures)
	require.NoError(t, err)
	worst := 1.0
	for i, want := range g.Pictures {
		require.NoError(t, images[i].Err, want.File)
		worst = min(worst, requireSame(t, want.Vector, images[i].Vector, want.File))
	}
	t.Logf("least cosine with the reference: %.7f", worst)
}

// TestCataloguePictures compares real photos with the reference stack, where both are at hand.
func TestCataloguePictures(t *testing.T) {
	catalogue := filepath.Join(cmp.Or(os.Getenv("PINAX_SHARED"), "../../shared"), "data/catalog/fashion_80.tar.gz")
	if _, err := os.Stat(catalogue); err != nil {
		t.Skipf("NOT TESTED, no catalogue pictures: %v", err)
	}
	python := cmp.Or(os.Getenv("PINAX_PYTHON"), "python3")
	if output, err := exec.Command(python, "-c", "import onnxruntime, PIL, numpy").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED, %s (set PINAX_PYTHON) lacks onnxruntime, Pillow or NumPy: %s", python, bytes.TrimSpace(output))
	}
	e := openBundled(t, Options{})
	const count = 200
	output, err := exec.Command(python, "testdata/catalogue.py", bundledModel, catalogue, "200").Output()
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 1<<20)
	seen, worst := 0, 1.0
	for ; lines.Scan(); seen++ {
		var want struct {
			Name    string `json:"name"`
			Picture []byte `json:"picture"`
			Vector  packed `json:"vector"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &want))
		images, err := e.EncodeImages(t.Context(), [][]byte{want.Picture})
		require.NoError(t, err)
		require.NoError(t, images[0].Err, want.Name)
		worst = min(worst, requireSame(t, want.Vector, images[0].Vector, want.Name))
	}
	require.NoError(t, lines.Err())
	require.Equal(t, count, seen)
	t.Logf("%d pictures, least cosine with the reference: %.7f", seen, worst)
}
