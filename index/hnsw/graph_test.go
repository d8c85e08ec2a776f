package hnsw

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

func TestNewRefusesBadOptions(t *testing.T) {
	of := func(dimension int) index.VectorOptions { return index.VectorOptions{Dimension: dimension} }
	for name, o := range map[string]Options{
		"no dimension":             {},
		"negative dimension":       {VectorOptions: of(-1)},
		"huge dimension":           {VectorOptions: of(1 << 20)},
		"one link":                 {VectorOptions: of(4), M: 1},
		"too many links":           {VectorOptions: of(4), M: 129},
		"negative ef_construction": {VectorOptions: of(4), EfConstruction: -1},
		"negative ef_search":       {VectorOptions: of(4), EfSearch: -1},
		"negative workers":         {VectorOptions: of(4), Workers: -1},
		"unknown quantizer":        {VectorOptions: index.VectorOptions{Dimension: 4, Quantizer: "int3"}},
		"unknown memory":           {VectorOptions: index.VectorOptions{Dimension: 4, Quantizer: "int8", Memory: "disk"}},
		"codes without a source":   {VectorOptions: index.VectorOptions{Dimension: 4, Quantizer: "int8", Memory: "codes"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(o)
			require.Error(t, err)
		})
	}
}

// TestConformanceWithFewLinks leaves the lists so little room that trees and rule meet at every step.
func TestConformanceWithFewLinks(t *testing.T) {
	for _, m := range []int{4, 6} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			indextest.Run(t, func(dimension int, seed uint64) index.Index {
				return newIndexOf(t, Options{VectorOptions: index.VectorOptions{Dimension: dimension}, M: m, EfConstruction: 20, ExactBelow: -1, Seed: seed})
			}, indextest.Options{MinRecall: 0.3, Steps: 300})
		})
	}
}

func newIndexOf(t testing.TB, o Options) *Index {
	x, err := New(o)
	require.NoError(t, err)
	return x
}

// TestSoundAfterEveryWrite deletes more than it keeps, the entry point among them, and checks the graph at each step.
func TestSoundAfterEveryWrite(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	for _, m := range []int{2, 4, 16} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			x := newIndexOf(t, Options{VectorOptions: index.VectorOptions{Dimension: 6}, M: m, EfConstruction: 24, ExactBelow: -1})
			pool := indextest.Clustered(random, 60, 6) // most vectors are there several times
			next := uint64(0)
			for range 120 {
				for range 1 + random.IntN(12) {
					require.NoError(t, x.Add([]uint64{next}, [][]float32{pool[random.IntN(len(pool))]}))
					next++
				}
				require.NoError(t, x.graph.Load().verify())
				var gone []uint64
				for key := range x.Keys {
					if random.IntN(8) == 0 {
						gone = append(gone, key)
					}
				}
				if slot, _, ok := x.graph.Load().start(); ok {
					gone = append(gone, x.graph.Load().store.Key(slot))
				}
				x.Delete(gone)
				require.NoError(t, x.graph.Load().verify())
			}
		})
	}
}

func TestSameInsertsGiveTheSameGraph(t *testing.T) {
	data := indextest.Clustered(rand.New(rand.NewPCG(2, 9)), 700, 12)
	saved := func(seed uint64, batch int) []byte {
		x := newIndex(t, 12, seed)
		keys := make([]uint64, len(data))
		for i := range keys {
			keys[i] = uint64(i)
		}
		for i := 0; i < len(data); i += batch {
			end := min(i+batch, len(data))
			require.NoError(t, x.Add(keys[i:end], data[i:end]))
		}
		var b bytes.Buffer
		require.NoError(t, x.Checkpoint(&b, false))
		return b.Bytes()
	}
	require.Equal(t, saved(1, 1), saved(1, 1))
	require.Equal(t, saved(1, 1), saved(1, 100), "batches do not matter")
	require.NotEqual(t, saved(1, 1), saved(2, 1), "the seed does")
}

func TestRestoredGraphIsTheSavedOne(t *testing.T) {
	data := indextest.Clustered(rand.New(rand.NewPCG(3, 9)), 900, 12)
	x, y := newIndex(t, 12, 1), newIndex(t, 12, 1)
	for i, v := range data[:600] {
		require.NoError(t, x.Add([]uint64{uint64(i)}, [][]float32{v}))
	}
	checkpointOf := func(x *Index) []byte {
		var b bytes.Buffer
		require.NoError(t, x.Checkpoint(&b, false))
		return b.Bytes()
	}
	saved := checkpointOf(x)
	require.NoError(t, y.Restore(bytes.NewReader(saved), allOf(data)))
	require.Equal(t, saved, checkpointOf(y))

	for i, v := range data[600:] { // and grows on like it
		require.NoError(t, x.Add([]uint64{uint64(600 + i)}, [][]float32{v}))
		require.NoError(t, y.Add([]uint64{uint64(600 + i)}, [][]float32{v}))
	}
	require.Equal(t, checkpointOf(x), checkpointOf(y))
}

func TestRestoreRefusesOtherSettings(t *testing.T) {
	var saved bytes.Buffer
	require.NoError(t, newIndexOf(t, Options{VectorOptions: index.VectorOptions{Dimension: 4}, M: 8}).Checkpoint(&saved, false))
	x := newIndexOf(t, Options{VectorOptions: index.VectorOptions{Dimension: 4}, M: 9})
	require.ErrorIs(t, x.Restore(&saved, nil), index.ErrMismatch)
}

func TestLevelsFallOffByM(t *testing.T) {
	g, err := newGraph(Options{VectorOptions: index.VectorOptions{Dimension: 1}, M: 16, Seed: 3})
	require.NoError(t, err)
	const n = 160_000
	var above [maxLevel + 2]int
	for key := range uint64(n) {
		level := g.level(key)
		for l := range level + 1 {
			above[l]++
		}
	}
	require.InDelta(t, n/16, above[1], n/16*0.05)
	require.InDelta(t, n/256, above[2], n/256*0.25)
	require.Zero(t, above[maxLevel+1])
}

func TestCandidateOrder(t *testing.T) {
	inf := float32(math.Inf(1))
	worstFirst := []candidate{
		newCandidate(-inf, 1),
		newCandidate(-2, 1),
		newCandidate(-math.SmallestNonzeroFloat32, 1),
		newCandidate(0, 9),
		newCandidate(float32(math.Copysign(0, -1)), 8), // zero is zero: the lower slot wins
		newCandidate(math.SmallestNonzeroFloat32, 1),
		newCandidate(0.5, 7),
		newCandidate(0.5, 3),
		newCandidate(inf, 1<<31-3),
	}
	require.True(t, slices.IsSorted(worstFirst))
	for _, score := range []float32{-inf, -1.5, 0, 1e-30, 3, inf} {
		c := newCandidate(score, 12345)
		require.Equal(t, score, c.score())
		require.Equal(t, uint32(12345), c.slot())
	}
}

func TestHeapPopsInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	var h heap
	var all []candidate
	for range 300 {
		c := candidate(random.Uint64N(200))
		h.push(c)
		all = append(all, c)
	}
	slices.Sort(all)
	h.replaceRoot(77)
	all[0] = 77
	slices.Sort(all)
	for _, want := range all {
		require.Equal(t, want, h.pop())
	}
	require.Empty(t, h)
}

func TestForgetUnmarksEverySlot(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 9))
	w := &walk{}
	for range 20 {
		seen := map[uint32]bool{}
		for range 500 {
			slot := random.Uint32N(3000)
			require.Equal(t, !seen[slot], w.visit(slot))
			seen[slot] = true
		}
		w.forget()
	}
}

func TestTowersAreUsedAgain(t *testing.T) {
	a := newAdjacency(4)
	for i := range 100_000 {
		a.prepare(uint32(i%50), i%(maxLevel+1))
	}
	require.LessOrEqual(t, a.end, uint32(2000))
	for slot := range uint32(50) {
		for layer := range a.level(slot) + 1 {
			require.Len(t, a.list(slot, layer), a.width(layer))
		}
	}
}
