package hnsw

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

// TestChainsOfCheckpoints goes on from restored graphs, as a server does that is started again and again: a full checkpoint,
// changes, restart, changes, and now and then another full one.
func TestChainsOfCheckpoints(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 4))
		o := Options{
			VectorOptions: index.VectorOptions{Dimension: 4, Quantizer: "int8"},
			M:             2 + random.IntN(6), EfConstruction: 12, ExactBelow: -1, Workers: 1 + random.IntN(3),
		}
		x := newIndexOf(t, o)
		pool := indextest.Clustered(random, 300, 4)
		stored := map[uint64][]float32{}
		var chain bytes.Buffer
		require.NoError(t, x.Checkpoint(&chain, false))
		for next := uint64(0); next < 400; {
			switch random.IntN(5) {
			case 0, 1:
				for range 1 + random.IntN(60) {
					next++
					stored[next] = pool[random.IntN(len(pool))]
					require.NoError(t, x.Add([]uint64{next}, [][]float32{stored[next]}))
				}
			case 2:
				var gone []uint64
				share := random.Float64()
				newest := random.IntN(2) == 0 // or whichever
				for key := range stored {
					if newest && float64(key) > share*float64(next) || !newest && random.Float64() > share {
						gone = append(gone, key)
						delete(stored, key)
					}
				}
				require.Equal(t, len(gone), x.Delete(gone))
			case 3:
				require.NoError(t, x.Checkpoint(&chain, random.IntN(10) > 0))
			case 4:
				require.NoError(t, x.Checkpoint(&chain, true))
				x = newIndexOf(t, o)
				require.NoError(t, x.Restore(bytes.NewReader(chain.Bytes()), maps.All(stored)), "seed %d", seed)
				require.Equal(t, len(stored), x.Len(), "seed %d", seed)
				require.NoError(t, x.graph.Load().verify(), "seed %d", seed)
			}
		}
	}
}

// TestOldestNodesDeleted restores a graph whose first 66,000 slots are free.
func TestOldestNodesDeleted(t *testing.T) {
	data := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), 200, 8)
	x, y := newIndex(t, 8, 1), newIndex(t, 8, 1)
	for range 66_000 {
		x.graph.Load().store.Take()
	}
	keys := make([]uint64, len(data))
	for i := range keys {
		keys[i] = uint64(i)
	}
	require.NoError(t, x.Add(keys, data))
	var saved bytes.Buffer
	require.NoError(t, x.Checkpoint(&saved, false))
	require.NoError(t, y.Restore(&saved, allOf(data)))
	require.Equal(t, len(data), y.Len())
	require.Less(t, y.graph.Load().store.End(), uint32(1000), "and moves it together")
}

// TestLyingSlotNumbers gives three nodes slots that would take gigabytes.
func TestLyingSlotNumbers(t *testing.T) {
	data := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), 3, 8)
	x, y := newIndex(t, 8, 1), newIndex(t, 8, 1)
	for _, skip := range []int{0, 60_000, 60_000} {
		for range skip {
			x.graph.Load().store.Take()
		}
		key := uint64(x.Len())
		require.NoError(t, x.Add([]uint64{key}, [][]float32{data[key]}))
	}
	var saved bytes.Buffer
	require.NoError(t, x.Checkpoint(&saved, false))
	require.ErrorIs(t, y.Restore(&saved, allOf(data)), index.ErrDamaged)
	require.Zero(t, y.Len())
}
