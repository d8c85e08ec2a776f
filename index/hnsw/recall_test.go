package hnsw

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

// TestRecallAskedForIsReached searches a graph whose own setting is far off, for either side of it.
func TestRecallAskedForIsReached(t *testing.T) {
	const n, dimension, queries, k = 4000, 24, 400, 10
	all := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), n+queries, dimension)
	for _, wanted := range []float32{0.8, 0.97} {
		for _, efSearch := range []int{10, 400} {
			x := newIndexOf(t, Options{
				VectorOptions: index.VectorOptions{Dimension: dimension, Quantizer: "int8"},
				M:             4, EfConstruction: 20, EfSearch: efSearch, ExactBelow: -1, Workers: 1,
			})
			keys := make([]uint64, n)
			for i := range keys {
				keys[i] = uint64(i)
			}
			require.NoError(t, x.Add(keys, all[:n]))
			for i := range 4 * queries {
				_, err := x.Search(t.Context(), all[n+i%queries], index.SearchOptions{K: k, Recall: wanted})
				require.NoError(t, err)
			}
			ef, _ := x.graph.Load().tuning.choose(goalOf(index.SearchOptions{K: k, Recall: wanted}), 0)
			hits := 0
			for _, q := range all[n:] {
				found, err := x.Search(t.Context(), q, index.SearchOptions{K: k, Ef: ef})
				require.NoError(t, err)
				exact, err := x.Search(t.Context(), q, index.SearchOptions{K: k, Exact: true})
				require.NoError(t, err)
				for _, f := range found {
					for _, e := range exact {
						if f.Key == e.Key {
							hits++
						}
					}
				}
			}
			recall := float64(hits) / (queries * k)
			t.Logf("recall %.2f wanted, from ef %d: ef %d, recall %.3f", wanted, efSearch, ef, recall)
			require.InDelta(t, wanted, recall, 0.06)
		}
	}
}
