package hnsw

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

// TestDeletedMemoryIsGivenBack deletes nine of ten nodes of a graph and checks what is left of it, and of its checkpoints.
func TestDeletedMemoryIsGivenBack(t *testing.T) {
	const n, dimension = 6000, 16
	data := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), n, dimension)
	x := newIndex(t, dimension, 1)
	keys, gone := make([]uint64, n), []uint64{}
	for i := range keys {
		if keys[i] = uint64(i); i%10 != 0 {
			gone = append(gone, uint64(i))
		}
	}
	require.NoError(t, x.Add(keys, data))
	var saved bytes.Buffer
	require.NoError(t, x.Checkpoint(&saved, false))
	before := x.Stats().MemoryBytes

	require.Equal(t, len(gone), x.Delete(gone))
	require.Less(t, x.Stats().MemoryBytes, before/5)
	require.Equal(t, "int8", x.Stats().Quantizer)
	require.NoError(t, x.graph.Load().verify())
	require.NoError(t, x.Checkpoint(&saved, true), "a graph with new slot numbers can be kept behind the old one")
	require.NoError(t, x.Add([]uint64{n}, data[1:2]))
	require.NoError(t, x.Checkpoint(&saved, true))

	y := newIndex(t, dimension, 1)
	require.NoError(t, y.Restore(&saved, func(yield func(uint64, []float32) bool) {
		for i, v := range data {
			if i%10 == 0 && !yield(uint64(i), v) {
				return
			}
		}
		yield(n, data[1])
	}))
	for _, each := range []*Index{x, y} {
		require.Equal(t, n/10+1, each.Len())
		for i := 0; i < n; i += 10 {
			found, err := each.Search(t.Context(), data[i], index.SearchOptions{K: 1})
			require.NoError(t, err)
			require.Equal(t, uint64(i), found[0].Key)
		}
	}
}
