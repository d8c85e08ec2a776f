package encoder

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// TestCatalogueRecall encodes the test products and looks for each picture with its title. The expected recall is what
// the reference stack reaches.
func TestCatalogueRecall(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes 2,066 pictures")
	}
	e := openBundled(t, Options{})
	titles, pictures := testProducts(t)
	require.Len(t, titles, 2066)
	texts, err := e.EncodeTexts(t.Context(), titles)
	require.NoError(t, err)
	images, err := e.EncodeImages(t.Context(), pictures)
	require.NoError(t, err)
	for _, image := range images {
		require.NoError(t, image.Err)
	}
	var hits [11]float64 // hits[k] is the share of titles whose picture is among the first k
	for i, text := range texts {
		better := 0
		own := dot(text, images[i].Vector)
		for j := range images {
			if j != i && dot(text, images[j].Vector) > own {
				better++
			}
		}
		for k := better + 1; k < len(hits); k++ {
			hits[k] += 1 / float64(len(texts))
		}
	}
	t.Logf("text→image recall: @1 %.3f, @5 %.3f, @10 %.3f", hits[1], hits[5], hits[10])
	require.InDelta(t, 0.311, hits[1], 0.005)
	require.InDelta(t, 0.660, hits[5], 0.005)
	require.InDelta(t, 0.796, hits[10], 0.005)
}

func dot(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// testProducts returns the titles and pictures of the catalogue's test split, or skips the test.
func testProducts(t *testing.T) (titles []string, pictures [][]byte) {
	folder := filepath.Join(cmp.Or(os.Getenv("PINAX_SHARED"), "../../shared"), "data/catalog")
	table, err := os.Open(filepath.Join(folder, "fashion.csv"))
	if err != nil {
		t.Skipf("NOT TESTED, no catalogue: %v", err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	require.NoError(t, err)
	id, title, split := slices.Index(rows[0], "id"), slices.Index(rows[0], "title"), slices.Index(rows[0], "split")
	place := map[string]int{}
	for _, row := range rows[1:] {
		if row[split] == "test" {
			place[row[id]+".jpg"] = len(titles)
			titles = append(titles, row[title])
		}
	}
	pictures = make([][]byte, len(titles))
	archive, err := os.Open(filepath.Join(folder, "fashion_80.tar.gz"))
	require.NoError(t, err)
	defer archive.Close()
	plain, err := gzip.NewReader(archive)
	require.NoError(t, err)
	for tape := tar.NewReader(plain); ; {
		h, err := tape.Next()
		if errors.Is(err, io.EOF) {
			return titles, pictures
		}
		require.NoError(t, err)
		if i, ok := place[filepath.Base(h.Name)]; ok {
			pictures[i], err = io.ReadAll(tape)
			require.NoError(t, err)
		}
	}
}
