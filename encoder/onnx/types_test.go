package onnx

import (
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func openFile(tb testing.TB, path string) *Session {
	tb.Helper()
	s, err := startBundled(tb).OpenSession(path, SessionOptions{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestOpenSessionRefuses(t *testing.T) {
	rt := startBundled(t)
	alone := filepath.Join(t.TempDir(), "external.onnx")
	model, err := os.ReadFile("testdata/external.onnx")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(alone, model, 0o600))
	for name, path := range map[string]string{
		"no file":                "testdata/absent.onnx",
		"a folder":               "testdata",
		"another file":           "doc.go",
		"without its other file": alone,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rt.OpenSession(path, SessionOptions{})
			require.ErrorIs(t, err, ErrModel)
		})
	}
}

func TestExternalData(t *testing.T) {
	s := openFile(t, "testdata/external.onnx")
	got := make([]float32, 4)
	require.NoError(t, s.Run([]Tensor{{Name: "x", Shape: []int64{2, 2}, Floats: []float32{1, 2, 3, 4}}}, "y", []int64{2, 2}, got))
	require.Equal(t, []float32{3, 10, 9, 20}, got)
}

func TestPortsOfEveryType(t *testing.T) {
	s := openFile(t, "testdata/types.onnx")
	require.Equal(t, []Port{
		{Name: "pixels", Shape: []int64{-1, 4}, Type: Float16},
		{Name: "ids", Shape: []int64{-1, -1}, Type: Int32},
	}, s.Inputs)
	require.Equal(t, Port{Name: "states", Shape: []int64{-1, 4}, Type: Float16}, s.Outputs[2])
	for typ, is := range map[ElementType][2]bool{Float16: {true, false}, Float32: {true, false}, Int32: {false, true},
		Int64: {false, true}, "string": {false, false}} {
		require.Equal(t, is, [2]bool{typ.Float(), typ.Int()}, "%s", typ)
	}
}

func TestConvertedTypesRefuse(t *testing.T) {
	s := openFile(t, "testdata/types.onnx")
	pixels := Tensor{Name: "pixels", Shape: []int64{1, 4}, Floats: make([]float32, 4)}
	ids := Tensor{Name: "ids", Shape: []int64{1, 1}, Ints: []int64{1}}
	for _, c := range []struct {
		name        string
		pixels, ids Tensor
		shape       []int64
		says        string
	}{
		{"integers for float16", Tensor{Name: "pixels", Shape: []int64{1, 4}, Ints: make([]int64, 4)}, ids, []int64{1, 4}, "type"},
		{"floats for int32", pixels, Tensor{Name: "ids", Shape: []int64{1, 1}, Floats: []float32{1}}, []int64{1, 4}, "type"},
		{"an id over int32", pixels, Tensor{Name: "ids", Shape: []int64{1, 1}, Ints: []int64{1 << 31}}, []int64{1, 4}, "2147483648"},
		{"no elements", Tensor{Name: "pixels", Shape: []int64{0, 4}}, ids, []int64{1, 4}, "no elements"},
		{"too few halves", Tensor{Name: "pixels", Shape: []int64{2, 4}, Floats: make([]float32, 4)}, ids, []int64{1, 4}, "elements"},
		{"too small an output", pixels, ids, []int64{2, 4}, "elements"},
		{"an output of another size", pixels, ids, []int64{4, 1}, "dimensions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, s.Run([]Tensor{c.pixels, c.ids}, "scaled", c.shape, make([]float32, 4)), c.says)
		})
	}
}

// TestConvertedTypes runs batches of several sizes from several callers, who share the memory for conversions.
func TestConvertedTypes(t *testing.T) {
	s := openFile(t, "testdata/types.onnx")
	var callers sync.WaitGroup
	for n := 1; n <= 6; n++ {
		callers.Go(func() {
			for range 20 {
				pixels, ids := noise(uint64(n), 4*n), make([]int64, 3*n)
				for i := range ids {
					ids[i] = int64(n + i)
				}
				inputs := []Tensor{
					{Name: "ids", Shape: []int64{int64(n), 3}, Ints: ids},
					{Name: "pixels", Shape: []int64{int64(n), 4}, Floats: pixels},
				}
				scaled, sums := make([]float32, 4*n), make([]float32, n)
				if err := s.Run(inputs, "scaled", []int64{int64(n), 4}, scaled); err != nil {
					t.Error(err)
				}
				if err := s.Run(inputs, "sums", []int64{int64(n), 1}, sums); err != nil {
					t.Error(err)
				}
				for i, x := range scaled {
					want := toHalf(pixels[i]).float32() * float32(math.Exp2(float64(i%4)))
					if x != want {
						t.Errorf("scaled[%d] is %v instead of %v", i, x, want)
					}
				}
				for i, x := range sums {
					if want := float32(3*n + 9*i + 3); x != want {
						t.Errorf("sums[%d] is %v instead of %v", i, x, want)
					}
				}
			}
		})
	}
	callers.Wait()
}

// TestSeveralReplicasOfOneModel lets two sessions of the CPU stand for two devices.
func TestSeveralReplicasOfOneModel(t *testing.T) {
	s := openFile(t, "testdata/types.onnx")
	twin := openFile(t, "testdata/types.onnx")
	own := s.replicas
	s.replicas = newReplicas(append(own.all[:1:1], twin.replicas.all...), CUDA.parallel())
	t.Cleanup(func() { s.replicas = own }) // each is closed by the session that opened it
	require.Equal(t, 4, cap(s.replicas.free))
	var callers sync.WaitGroup
	for n := 1; n <= 8; n++ {
		callers.Go(func() {
			for range 25 {
				pixels, got := noise(uint64(n), 4*n), make([]float32, 4*n)
				err := s.Run([]Tensor{
					{Name: "pixels", Shape: []int64{int64(n), 4}, Floats: pixels},
					{Name: "ids", Shape: []int64{int64(n), 1}, Ints: make([]int64, n)},
				}, "scaled", []int64{int64(n), 4}, got)
				if err != nil {
					t.Error(err)
				}
				for i, x := range got {
					if want := toHalf(pixels[i]).float32() * float32(math.Exp2(float64(i%4))); x != want {
						t.Errorf("scaled[%d] is %v instead of %v", i, x, want)
					}
				}
			}
		})
	}
	callers.Wait()
	require.Len(t, s.replicas.free, 4, "every slot came back")
}
