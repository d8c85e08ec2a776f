package onnx

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const bundledModel = "../../models/pinax-mini/onnx/"

func startBundled(tb testing.TB) *Runtime {
	tb.Helper()
	rt, err := Start(Library{Path: os.Getenv("PINAX_RUNTIME_LIBRARY")})
	if errors.Is(err, ErrNoLibrary) {
		tb.Skip("NOT TESTED, the ONNX Runtime library is not bundled: run encoder/onnx/fetch.py")
	}
	require.NoError(tb, err)
	return rt
}

func readModel(tb testing.TB, tower string) []byte {
	tb.Helper()
	model, err := os.ReadFile(bundledModel + tower + "_model.onnx")
	require.NoError(tb, err)
	return model
}

func openTower(tb testing.TB, tower string, o SessionOptions) *Session {
	tb.Helper()
	s, err := startBundled(tb).NewSession(readModel(tb, tower), o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

// noise returns n normally distributed numbers.
func noise(seed uint64, n int) []float32 {
	random := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

func TestStartIsOnce(t *testing.T) {
	rt := startBundled(t)
	again, err := Start(Library{Path: rt.Path()})
	require.NoError(t, err)
	require.Same(t, rt, again)
	require.NotEmpty(t, rt.Version())
	_, err = Start(Library{Path: bundledModel + "text_model.onnx"})
	require.ErrorContains(t, err, "loaded already")
}

func TestNewSessionRefuses(t *testing.T) {
	rt := startBundled(t)
	model := readModel(t, "text")
	middle := append([]byte(nil), model...)
	for i := 200; i < 4000; i++ {
		middle[i] ^= 0x55
	}
	for name, data := range map[string][]byte{
		"nothing":   nil,
		"text":      []byte("not a model"),
		"zeros":     make([]byte, 4096),
		"truncated": model[:len(model)/2],
		"damaged":   middle,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rt.NewSession(data, SessionOptions{})
			require.ErrorIs(t, err, ErrModel)
		})
	}
}

func TestSessionPorts(t *testing.T) {
	s := openTower(t, "text", SessionOptions{})
	require.Equal(t, []Port{
		{Name: "input_ids", Shape: []int64{-1, -1}, Type: Int64},
		{Name: "attention_mask", Shape: []int64{-1, -1}, Type: Int64},
	}, s.Inputs)
	require.Equal(t, []Port{{Name: "text_embeds", Shape: []int64{-1, 256}, Type: Float32}}, s.Outputs)
}

func TestRunRefuses(t *testing.T) {
	s := openTower(t, "vision", SessionOptions{})
	pixels, dst := noise(1, 3*80*80), make([]float32, 256)
	good := Tensor{Name: "pixel_values", Shape: []int64{1, 3, 80, 80}, Floats: pixels}
	cases := []struct {
		name   string
		input  Tensor
		output string
		shape  []int64
		says   string
	}{
		{"another input", Tensor{Name: "x", Shape: good.Shape, Floats: pixels}, "image_embeds", []int64{1, 256}, "pixel_values"},
		{"another output", good, "x", []int64{1, 256}, `no output "x"`},
		{"too few elements", Tensor{Name: good.Name, Shape: []int64{2, 3, 80, 80}, Floats: pixels}, "image_embeds", []int64{1, 256}, "elements"},
		{"no elements", Tensor{Name: good.Name, Shape: []int64{0, 3, 80, 80}}, "image_embeds", []int64{1, 256}, "no elements"},
		{"integers", Tensor{Name: good.Name, Shape: good.Shape, Ints: make([]int64, 3*80*80)}, "image_embeds", []int64{1, 256}, "type"},
		{"another size", Tensor{Name: good.Name, Shape: []int64{1, 3, 40, 160}, Floats: pixels}, "image_embeds", []int64{1, 256}, "dimensions"},
		{"another dimension", good, "image_embeds", []int64{1, 128}, "dimensions"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := s.Run([]Tensor{c.input}, c.output, c.shape, dst)
			require.ErrorContains(t, err, c.says)
		})
	}
	require.NoError(t, s.Run([]Tensor{good}, "image_embeds", []int64{1, 256}, dst), "the session is unharmed")
}

// TestRunConcurrently compares batches from many callers with runs of one.
func TestRunConcurrently(t *testing.T) {
	s := openTower(t, "vision", SessionOptions{})
	const distinct, size = 4, 3 * 80 * 80
	pixels := noise(2, distinct*size)
	want := make([]float32, distinct*256)
	for i := range distinct {
		require.NoError(t, s.Run([]Tensor{{Name: "pixel_values", Shape: []int64{1, 3, 80, 80}, Floats: pixels[i*size : (i+1)*size]}},
			"image_embeds", []int64{1, 256}, want[i*256:(i+1)*256]))
	}
	var callers sync.WaitGroup
	for n := 1; n <= distinct; n++ {
		callers.Go(func() {
			got := make([]float32, n*256)
			for range 5 {
				err := s.Run([]Tensor{{Name: "pixel_values", Shape: []int64{int64(n), 3, 80, 80}, Floats: pixels[:n*size]}},
					"image_embeds", []int64{int64(n), 256}, got)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if math.Abs(float64(got[i]-want[i])) > 1e-4 {
						t.Errorf("batch of %d: element %d is %v, alone %v", n, i, got[i], want[i])
						return
					}
				}
			}
		})
	}
	callers.Wait()
}

func TestClose(t *testing.T) {
	s, err := startBundled(t).NewSession(readModel(t, "text"), SessionOptions{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Run(nil, "text_embeds", nil, nil), ErrClosed)
}
