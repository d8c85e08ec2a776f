package hnsw

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/distance"
)

// latent returns n unit vectors of a dimension that lie near a sheet of few dimensions, as pictures of like things do.
func latent(random *rand.Rand, n, sheet, dimension int) [][]float32 {
	axes := make([][]float32, sheet)
	for i := range axes {
		axes[i] = make([]float32, dimension)
		for j := range axes[i] {
			axes[i][j] = float32(random.NormFloat64())
		}
	}
	out := make([][]float32, n)
	for i := range out {
		v := make([]float32, dimension)
		for _, axis := range axes {
			x := float32(math.Tanh(random.NormFloat64()))
			for j := range v {
				v[j] += x * axis[j]
			}
		}
		for j := range v {
			v[j] += 0.05 * float32(random.NormFloat64())
		}
		distance.Normalise(v)
		out[i] = v
	}
	return out
}

// latentIndex holds data of a low intrinsic dimension as it is configured by default, but for scans of small indexes.
func latentIndex(t *testing.T, o Options) (x *Index, data, queries [][]float32) {
	const n, asked = 5000, 200
	all := latent(rand.New(rand.NewPCG(1, 1)), n+asked, 10, 64)
	o.Dimension, o.ExactBelow, o.Workers = 64, -1, 1
	o.Quantizer = cmp.Or(o.Quantizer, "int8")
	x = newIndexOf(t, o)
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(i)
	}
	require.NoError(t, x.Add(keys, all[:n]))
	return x, all[:n], all[n:]
}

// found is the share of the true neighbours that a search finds; what scores as well counts.
func (x *Index) found(t *testing.T, query []float32, o index.SearchOptions) float64 {
	t.Helper()
	got, err := x.Search(t.Context(), query, o)
	require.NoError(t, err)
	o.Exact, o.Recall, o.Ef = true, 0, 0
	want, err := x.Search(t.Context(), query, o)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	hits := 0
	for _, n := range got {
		if n.Score >= want[len(want)-1].Score {
			hits++
		}
	}
	return float64(hits) / float64(len(want))
}

// TestFewNeighboursAreFoundToo: the distance of the nearest alone must not decide where a walk ends.
func TestFewNeighboursAreFoundToo(t *testing.T) {
	x, _, queries := latentIndex(t, Options{})
	for _, k := range []int{1, 2, 5, 10, 50} {
		recall := 0.
		for _, q := range queries {
			recall += x.found(t, q, index.SearchOptions{K: k}) / float64(len(queries))
		}
		t.Logf("k %d: %.4f", k, recall)
		require.Greater(t, recall, 0.985, "k %d", k)
	}
}

// TestFilterThatRejectsWhatIsNear accepts the farthest rows only, so that a walk finds nothing where it goes first.
func TestFilterThatRejectsWhatIsNear(t *testing.T) {
	x, data, queries := latentIndex(t, Options{})
	for _, k := range []int{1, 10} {
		for _, share := range []float64{0.1, 0.5, 0.9} {
			recall := 0.
			for _, q := range queries[:50] {
				recall += x.found(t, q, index.SearchOptions{K: k, Filter: farthest(data, q, share)}) / 50
			}
			t.Logf("k %d, %.0f %% accepted: %.4f", k, 100*share, recall)
			require.Greater(t, recall, 0.97, "k %d, %.0f %% accepted", k, 100*share)
		}
	}
}

func farthest(data [][]float32, query []float32, share float64) *index.Filter {
	scores := make([]float32, len(data))
	for i, v := range data {
		scores[i] = distance.Dot(query, v)
	}
	sorted := slices.Sorted(slices.Values(scores))
	most := sorted[int(share*float64(len(sorted)))-1]
	return &index.Filter{Accept: func(key uint64) bool { return scores[key] <= most }}
}

// TestFullVectorsReadAreBounded asks for ten of many that are all the same.
func TestFullVectorsReadAreBounded(t *testing.T) {
	const n = 3000
	v := latent(rand.New(rand.NewPCG(1, 1)), 1, 3, 64)[0]
	read := 0
	x := newIndexOf(t, Options{
		VectorOptions: index.VectorOptions{Dimension: 64, Quantizer: "int4", Memory: index.MemoryCodes,
			Source: func(keys []uint64, use func(int, []float32)) error {
				read += len(keys)
				for i := range keys {
					use(i, v)
				}
				return nil
			}},
		ExactBelow: -1, Workers: 1, EfConstruction: 20,
	})
	for key := range uint64(n) {
		require.NoError(t, x.Add([]uint64{key}, [][]float32{v}))
	}
	read = 0
	found, err := x.Search(t.Context(), v, index.SearchOptions{K: 10})
	require.NoError(t, err)
	require.Len(t, found, 10)
	require.LessOrEqual(t, read, 4*10+scoredAgain)
}

// TestAuditOfWhatIsGone deletes everything between the two walks of an audited search.
func TestAuditOfWhatIsGone(t *testing.T) {
	var x *Index
	var data [][]float32
	gone := false
	source := func(keys []uint64, use func(int, []float32)) error {
		for i, key := range keys {
			use(i, data[key])
		}
		if !gone {
			gone = true
			for key := range data {
				x.Delete([]uint64{uint64(key)})
			}
		}
		return nil
	}
	data = latent(rand.New(rand.NewPCG(1, 1)), 50, 4, 16)
	x = newIndexOf(t, Options{
		VectorOptions: index.VectorOptions{Dimension: 16, Quantizer: "int8", Memory: index.MemoryCodes, Source: source},
		ExactBelow:    -1,
	})
	for key, v := range data {
		require.NoError(t, x.Add([]uint64{uint64(key)}, [][]float32{v}))
	}
	_, err := x.Search(t.Context(), data[0], index.SearchOptions{K: 10, Recall: 0.9})
	require.NoError(t, err)
}

// TestWalkEndsWithItsContext cancels when the filter is asked for the first time.
func TestWalkEndsWithItsContext(t *testing.T) {
	x, _, queries := latentIndex(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	_, err := x.Search(ctx, queries[0], index.SearchOptions{K: 10, Filter: &index.Filter{
		Accept: func(key uint64) bool { asked++; cancel(); return key%2 == 0 },
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, asked, 64)
}

// TestRecallOfFilteredSearches learns for filters on their own.
func TestRecallOfFilteredSearches(t *testing.T) {
	x, _, queries := latentIndex(t, Options{EfSearch: 10})
	o := index.SearchOptions{K: 10, Recall: 0.98, Filter: &index.Filter{Accept: func(key uint64) bool { return key%3 == 0 }}}
	for range 3 {
		for _, q := range queries {
			_, err := x.Search(t.Context(), q, o)
			require.NoError(t, err)
		}
	}
	recall := 0.
	for _, q := range queries {
		recall += x.found(t, q, o) / float64(len(queries))
	}
	require.Greater(t, recall, 0.96)
}
