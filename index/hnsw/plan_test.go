package hnsw

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

func filledIndex(t *testing.T, n, dimension int) (*Index, [][]float32) {
	data := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), n, dimension)
	x := newIndex(t, dimension, 1)
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(i)
	}
	require.NoError(t, x.Add(keys, data))
	return x, data
}

func TestMatchesAreEstimatedWhateverThePattern(t *testing.T) {
	x, _ := filledIndex(t, 3000, 4)
	for _, step := range []uint64{2, 4, 8, 11, 64} {
		for rest := range min(step, 4) {
			f := &index.Filter{Accept: func(key uint64) bool { return key%step == rest }}
			n, err := x.graph.Load().matches(t.Context(), f)
			require.NoError(t, err)
			require.InDelta(t, 3000/int(step), n, 400, "%d of %d", rest, step)
		}
	}
	n, err := x.graph.Load().matches(t.Context(), &index.Filter{Keys: func(func(uint64) bool) {}, Len: 1 << 40})
	require.NoError(t, err)
	require.Equal(t, 3000, n)
}

func TestScansAreTriedAgainAfterASlowOne(t *testing.T) {
	x, _ := filledIndex(t, 3000, 4)
	g := x.graph.Load()
	f := &index.Filter{Accept: func(key uint64) bool { return key < 100 }, Len: 100, Keys: func(yield func(uint64) bool) {
		for key := range uint64(100) {
			if !yield(key) {
				return
			}
		}
	}}
	g.pace.scan.set(1)
	p := filtered{graph: g, options: index.SearchOptions{K: 10, Filter: f}, matches: 100}
	tries := 0
	for ; !p.scanPays(300); tries++ {
		p.scanMeter().relax()
		require.Less(t, tries, 10_000)
	}
	require.Positive(t, tries)
}

// TestFilteredSearchEndsWithItsContext cancels at the first question to the filter.
func TestFilteredSearchEndsWithItsContext(t *testing.T) {
	x, data := filledIndex(t, 20_000, 4)
	for name, listed := range map[string]bool{"asked": false, "listed": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			asked := 0
			f := &index.Filter{Accept: func(uint64) bool { asked++; cancel(); return false }}
			if listed {
				f.Keys = func(yield func(uint64) bool) {
					for key := uint64(1 << 40); yield(key); key++ {
						asked++
						cancel()
					}
				}
			}
			_, err := x.Search(ctx, data[0], index.SearchOptions{K: 10, Exact: true, Filter: f})
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, asked, 2000)
		})
	}
}

func TestMeterForgetsOutliers(t *testing.T) {
	var m meter
	m.start(1e-6)
	m.note(time.Now().Add(-time.Hour), 1000)
	require.Less(t, m.cost(1), 2e-6)
}
