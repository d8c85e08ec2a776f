package index_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/flat"
	"pinax/index/hnsw"
)

// TestStatsBesideAWriter is for the race detector: whoever asks does not wait for writers.
func TestStatsBesideAWriter(t *testing.T) {
	for _, kind := range []string{"hnsw", "flat"} {
		t.Run(kind, func(t *testing.T) {
			x := build(t, kind, index.VectorOptions{Dimension: 4})
			done := make(chan struct{})
			var g errgroup.Group
			g.Go(func() error {
				for {
					select {
					case <-done:
						return nil
					default:
						s := x.Stats()
						if s.Vectors < 0 || s.FreeSlots < 0 || s.MemoryBytes < 0 {
							t.Errorf("%+v", s)
						}
					}
				}
			})
			for range 2 {
				fill(t, x, 600, 4)
				for key := range uint64(600) {
					x.Delete([]uint64{key})
				}
			}
			close(done)
			require.NoError(t, g.Wait())
		})
	}
}

func TestStatsOfDeletedVectors(t *testing.T) {
	for _, kind := range []string{"hnsw", "flat"} {
		t.Run(kind, func(t *testing.T) {
			x := build(t, kind, index.VectorOptions{Dimension: 4})
			require.Zero(t, x.Stats().BytesPerVector(), "there are none")
			fill(t, x, 1000, 4)
			full := x.Stats()
			require.Equal(t, kind, full.Kind)
			require.Equal(t, "none", full.Quantizer)
			require.Zero(t, full.FreeSlots)
			require.Zero(t, full.CodeBytes, "the vectors are all there is")
			require.Equal(t, kind == "hnsw", full.LinkBytes > 0)

			require.Equal(t, 2, x.Delete([]uint64{3, 500, 5000}))
			s := x.Stats()
			require.Equal(t, 998, s.Vectors)
			require.Equal(t, 2, s.FreeSlots)
			require.GreaterOrEqual(t, s.MemoryBytes, full.MemoryBytes, "memory is kept for the next ones")
			require.Greater(t, s.BytesPerVector(), full.BytesPerVector())
		})
	}
}

func build(t *testing.T, kind string, o index.VectorOptions) index.Index {
	t.Helper()
	var x index.Index
	var err error
	if kind == "flat" {
		x, err = flat.New(o)
	} else {
		x, err = hnsw.New(hnsw.Options{VectorOptions: o, M: 16, EfConstruction: 16})
	}
	require.NoError(t, err)
	return x
}

// fill adds unit vectors in portions, so that they themselves take no memory worth counting.
func fill(t *testing.T, x index.Index, n, dimension int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	const portion = 512
	keys, list := make([]uint64, portion), make([][]float32, portion)
	for i := range list {
		list[i] = make([]float32, dimension)
	}
	for first := 0; first < n; first += portion {
		keys, list := keys[:min(portion, n-first)], list[:min(portion, n-first)]
		for i, v := range list {
			keys[i] = uint64(first + i)
			for d := range v {
				v[d] = float32(random.NormFloat64())
			}
			require.True(t, distance.Normalise(v))
		}
		require.NoError(t, x.Add(keys, list))
	}
}
