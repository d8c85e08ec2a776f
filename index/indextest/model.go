package indextest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// Clustered returns n L2-normalised vectors around a few dozen centres: embeddings of real things look more like this than
// like noise.
func Clustered(random *rand.Rand, n, dimension int) [][]float32 {
	centres := make([][]float32, max(1, min(64, n/8)))
	for i := range centres {
		centres[i] = make([]float32, dimension)
		for j := range centres[i] {
			centres[i][j] = float32(random.NormFloat64())
		}
	}
	vectors := make([][]float32, n)
	for i := range vectors {
		centre := centres[random.IntN(len(centres))]
		v := make([]float32, dimension)
		var norm float64
		for j := range v {
			v[j] = centre[j] + float32(random.NormFloat64())*0.6
			norm += float64(v[j]) * float64(v[j])
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(norm))
		}
		vectors[i] = v
	}
	return vectors
}

// model is the index that cannot be wrong: a map, searched by brute force in float64.
type model struct {
	vectors map[uint64][]float32
}

func newModel() model { return model{vectors: map[uint64][]float32{}} }

func (m model) add(keys []uint64, vectors [][]float32) {
	for i, key := range keys {
		m.vectors[key] = vectors[i]
	}
}

func (m model) nearest(query []float32, k int, accept func(uint64) bool) []index.Neighbour {
	var all []index.Neighbour
	for key, v := range m.vectors {
		if accept == nil || accept(key) {
			all = append(all, index.Neighbour{Key: key, Score: float32(inner(query, v))})
		}
	}
	slices.SortFunc(all, func(a, b index.Neighbour) int {
		switch {
		case a.Score > b.Score || a.Score == b.Score && a.Key < b.Key:
			return -1
		default:
			return 1
		}
	})
	return all[:min(k, len(all))]
}

// requireExact checks an exact answer: scores agree with the model place by place, and each key has the score it came with.
// Keys may differ where scores agree within float32's precision.
func (m model) requireExact(t testing.TB, found []index.Neighbour, query []float32, k int, accept func(uint64) bool) {
	t.Helper()
	want := m.nearest(query, k, accept)
	require.Len(t, found, len(want))
	for i, f := range found {
		v, ok := m.vectors[f.Key]
		require.True(t, ok, "key %d is not in the index", f.Key)
		require.True(t, accept == nil || accept(f.Key), "key %d is not accepted", f.Key)
		require.InDelta(t, inner(query, v), f.Score, 1e-5)
		require.InDelta(t, want[i].Score, f.Score, 1e-5, "place %d", i)
	}
}

func inner(a, b []float32) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
