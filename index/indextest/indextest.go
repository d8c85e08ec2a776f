// Package indextest holds what every index.Index must do, as tests that each implementation runs.
//
//	func TestConformance(t *testing.T) {
//		indextest.Run(t, func(dimension int, seed uint64) index.Index { … }, indextest.Options{MinRecall: 0.95})
//	}
package indextest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// New makes the empty index under test. It must not scan on its own account, or there is little to test.
type New func(dimension int, seed uint64) index.Index

// Options say what may be expected of an implementation.
type Options struct {
	MinRecall float64 // least recall@10 of plain searches on clustered data; exact ones must reach 1
	Unit      bool    // vectors must have length 1 or 0
	Steps     int     // random operations; 0: 600
}

// Run runs the suite.
func Run(t *testing.T, build New, o Options) {
	if o.Steps == 0 {
		o.Steps = 600
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, build New, o Options)
	}{
		{"refuses bad vectors", refusesBadVectors},
		{"refuses bad searches", refusesBadSearches},
		{"adds all or none", addsAllOrNone},
		{"empty", emptyIndex},
		{"copies vectors", copiesVectors},
		{"deletes", deletes},
		{"identical vectors", identicalVectors},
		{"extreme vectors", extremeVectors},
		{"dimensions", dimensions},
		{"more wanted than there are", moreWantedThanThereAre},
		{"accept", accepts},
		{"many queries at once", manyQueries},
		{"cancelled", cancelled},
		{"recall", recall},
		{"checkpoint", checkpoints},
		{"checkpoint of changes", checkpointsOfChanges},
		{"checkpoint with vectors gone", checkpointsWithVectorsGone},
		{"checkpoint damaged", checkpointsDamaged},
		{"random operations", randomOperations},
		{"searches beside writes", searchesBesideWrites},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, build, o) })
	}
}

var background = context.Background()

func refusesBadVectors(t *testing.T, build New, _ Options) {
	x := build(2, 1)
	require.NoError(t, x.Add([]uint64{7}, [][]float32{{1, 0}}))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name    string
		keys    []uint64
		vectors [][]float32
		want    error
	}{
		{"short", []uint64{1}, [][]float32{{1}}, index.ErrDimension},
		{"long", []uint64{1}, [][]float32{{1, 0, 0}}, index.ErrDimension},
		{"nil", []uint64{1}, [][]float32{nil}, index.ErrDimension},
		{"NaN", []uint64{1}, [][]float32{{nan, 0}}, index.ErrNotFinite},
		{"infinity", []uint64{1}, [][]float32{{0, inf}}, index.ErrNotFinite},
		{"negative infinity", []uint64{1}, [][]float32{{0, -inf}}, index.ErrNotFinite},
		{"key taken", []uint64{7}, [][]float32{{0, 1}}, index.ErrExists},
		{"key twice in one call", []uint64{1, 1}, [][]float32{{0, 1}, {1, 0}}, index.ErrExists},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorIs(t, x.Add(c.keys, c.vectors), c.want)
			require.Equal(t, 1, x.Len())
		})
	}
	require.Error(t, x.Add([]uint64{1, 2}, [][]float32{{0, 1}}), "fewer vectors than keys")
	require.Error(t, x.Add(nil, [][]float32{{0, 1}}), "vectors without keys")
	require.NoError(t, x.Add(nil, nil))
	require.Equal(t, 1, x.Len())
}

func refusesBadSearches(t *testing.T, build New, _ Options) {
	x := build(2, 1)
	require.NoError(t, x.Add([]uint64{7}, [][]float32{{1, 0}}))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name  string
		query []float32
		want  error
	}{
		{"short", []float32{1}, index.ErrDimension},
		{"long", []float32{1, 0, 0}, index.ErrDimension},
		{"nil", nil, index.ErrDimension},
		{"NaN", []float32{nan, 0}, index.ErrNotFinite},
		{"infinity", []float32{inf, 0}, index.ErrNotFinite},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := x.Search(background, c.query, index.SearchOptions{K: 1})
			require.ErrorIs(t, err, c.want)
		})
	}
	for _, k := range []int{0, -1} {
		_, err := x.Search(background, []float32{1, 0}, index.SearchOptions{K: k})
		require.Error(t, err, "k = %d", k)
		_, err = x.SearchAll(background, [][]float32{{1, 0}}, index.SearchOptions{K: k})
		require.Error(t, err, "k = %d", k)
	}
	for _, recall := range []float32{-0.1, 1, nan} {
		_, err := x.Search(background, []float32{1, 0}, index.SearchOptions{K: 1, Recall: recall})
		require.Error(t, err, "recall %g", recall)
	}
	_, err := x.SearchAll(background, [][]float32{{1, 0}, {nan, 0}}, index.SearchOptions{K: 1, Exact: true})
	require.ErrorIs(t, err, index.ErrNotFinite)
}

func addsAllOrNone(t *testing.T, build New, _ Options) {
	x := build(2, 1)
	err := x.Add([]uint64{1, 2, 3}, [][]float32{{1, 0}, {0, 1}, {1}})
	require.ErrorIs(t, err, index.ErrDimension)
	require.ErrorContains(t, err, "vector 2", "the error says which vector is at fault")
	require.Zero(t, x.Len())
	require.Empty(t, keysOf(x))
	require.NoError(t, x.Add([]uint64{1, 2, 3}, [][]float32{{1, 0}, {0, 1}, {-1, 0}}))
	require.Equal(t, []uint64{1, 2, 3}, keysOf(x))
}

func emptyIndex(t *testing.T, build New, _ Options) {
	x := build(3, 1)
	for _, o := range []index.SearchOptions{{K: 5}, {K: 5, Exact: true}, {K: 5, Filter: where(func(uint64) bool { return true })}} {
		found, err := x.Search(background, []float32{1, 0, 0}, o)
		require.NoError(t, err)
		require.Empty(t, found)
	}
	require.Zero(t, x.Delete([]uint64{1, 2}))
	require.Zero(t, x.Len())
	require.Zero(t, x.Stats().Vectors)
	var buffer bytes.Buffer
	require.NoError(t, x.Checkpoint(&buffer, false))
	y := build(3, 1)
	require.NoError(t, y.Restore(&buffer, yielding(nil)))
	require.NoError(t, y.Add([]uint64{1}, [][]float32{{1, 0, 0}}))
}

func copiesVectors(t *testing.T, build New, _ Options) {
	x := build(2, 1)
	v := []float32{1, 0}
	require.NoError(t, x.Add([]uint64{1}, [][]float32{v}))
	v[0], v[1] = 0, 1
	found := search(t, x, []float32{1, 0}, index.SearchOptions{K: 1})
	require.Equal(t, []index.Neighbour{{Key: 1, Score: 1}}, found)
}

func deletes(t *testing.T, build New, _ Options) {
	const n = 400
	data := Clustered(rand.New(rand.NewPCG(1, 1)), n, 16)
	x := build(16, 1)
	require.NoError(t, x.Add(count(n), data))

	require.Equal(t, 2, x.Delete([]uint64{3, 3, 5, n + 1}), "a key that is missing or gone does not count")
	require.Equal(t, n-2, x.Len())
	for _, key := range []uint64{3, 5} {
		require.NotContains(t, keysFound(search(t, x, data[key], index.SearchOptions{K: n})), key)
	}
	require.NoError(t, x.Add([]uint64{3}, [][]float32{data[5]}), "a deleted key can be used again")
	require.Equal(t, uint64(3), search(t, x, data[5], index.SearchOptions{K: 1})[0].Key)

	all := keysOf(x)
	require.Equal(t, n-1, x.Delete(all))
	require.Zero(t, x.Len())
	require.Empty(t, search(t, x, data[0], index.SearchOptions{K: 3}))
	before := x.Stats().MemoryBytes
	for range 5 {
		require.NoError(t, x.Add(count(n), data))
		require.Equal(t, n, x.Delete(count(n)))
	}
	require.LessOrEqual(t, x.Stats().MemoryBytes, 2*before, "the memory of deleted vectors is used again")
	require.NoError(t, x.Add(count(n), data))
	require.Len(t, search(t, x, data[0], index.SearchOptions{K: n}), n)
}

func identicalVectors(t *testing.T, build New, _ Options) {
	const n = 500
	random := rand.New(rand.NewPCG(2, 2))
	same := Clustered(random, 1, 24)[0]
	vectors := slices.Repeat([][]float32{same}, n)
	others := Clustered(random, n, 24)
	x := build(24, 1)
	require.NoError(t, x.Add(count(n), vectors))
	require.Equal(t, count(n), keysFound(search(t, x, same, index.SearchOptions{K: n})))

	for i, v := range others {
		require.NoError(t, x.Add([]uint64{uint64(n + i)}, [][]float32{v}))
	}
	found := search(t, x, same, index.SearchOptions{K: n})
	require.Equal(t, count(n), keysFound(found), "identical vectors come back by key, all of them")
	require.Equal(t, found[0].Score, found[n-1].Score)

	require.Equal(t, n/2, x.Delete(count(n/2)))
	require.Equal(t, count(n)[n/2:], keysFound(search(t, x, same, index.SearchOptions{K: n / 2})))
}

func extremeVectors(t *testing.T, build New, o Options) {
	x := build(2, 1)
	if o.Unit {
		require.ErrorIs(t, x.Add([]uint64{1}, [][]float32{{1, 1}}), index.ErrLength)
		require.ErrorIs(t, x.Add([]uint64{1}, [][]float32{{math.MaxFloat32, math.MaxFloat32}}), index.ErrLength)
		require.NoError(t, x.Add([]uint64{1, 2}, [][]float32{{0, 0}, {0, 1}}))
		found := search(t, x, []float32{math.MaxFloat32, 0}, index.SearchOptions{K: 2})
		require.Equal(t, []uint64{1, 2}, keysFound(found))
		return
	}
	vectors := [][]float32{
		{0, 0},
		{math.MaxFloat32, math.MaxFloat32},
		{math.MaxFloat32, -math.MaxFloat32},
		{math.SmallestNonzeroFloat32, 0},
		{1, 0},
		{0, 0},
	}
	for i, v := range vectors {
		require.NoError(t, x.Add([]uint64{uint64(i)}, [][]float32{v}))
	}
	for _, q := range vectors { // scores may be infinite or NaN here, but nothing may break
		require.Len(t, search(t, x, q, index.SearchOptions{K: len(vectors)}), len(vectors))
		require.Len(t, search(t, x, q, index.SearchOptions{K: len(vectors), Exact: true}), len(vectors))
	}
	require.Equal(t, len(vectors), x.Delete(count(len(vectors))))
}

func dimensions(t *testing.T, build New, _ Options) {
	for _, dimension := range []int{1, 15, 16, 17, 4096} {
		t.Run(fmt.Sprint(dimension), func(t *testing.T) {
			const n = 60
			data := Clustered(rand.New(rand.NewPCG(3, uint64(dimension))), n, dimension)
			x := build(dimension, 1)
			require.NoError(t, x.Add(count(n), data))
			model := newModel()
			model.add(count(n), data)
			for _, q := range data[:10] {
				model.requireExact(t, search(t, x, q, index.SearchOptions{K: 7, Exact: true}), q, 7, nil)
				require.Len(t, search(t, x, q, index.SearchOptions{K: n}), n)
			}
		})
	}
}

func moreWantedThanThereAre(t *testing.T, build New, _ Options) {
	data := Clustered(rand.New(rand.NewPCG(4, 4)), 100, 8)
	x := build(8, 1)
	require.NoError(t, x.Add(count(100), data))
	for _, o := range []index.SearchOptions{
		{K: 101}, {K: 1 << 40}, {K: 1 << 40, Ef: 1 << 40}, {K: 1 << 40, Exact: true}, {K: 100, Ef: 1},
	} {
		found := search(t, x, data[0], o)
		require.Len(t, found, 100, "%+v", o)
	}
}

func accepts(t *testing.T, build New, _ Options) {
	const n = 800
	random := rand.New(rand.NewPCG(5, 5))
	data := Clustered(random, n, 12)
	x := build(12, 1)
	require.NoError(t, x.Add(count(n), data))
	model := newModel()
	model.add(count(n), data)
	for _, c := range []struct {
		name   string
		accept func(key uint64) bool
		ids    int // accepted
	}{
		{"none", func(uint64) bool { return false }, 0},
		{"one", func(key uint64) bool { return key == n-1 }, 1},
		{"fewer than wanted", func(key uint64) bool { return key < 9 }, 9},
		{"one percent", func(key uint64) bool { return key%100 == 0 }, n / 100},
		{"half", func(key uint64) bool { return key%2 == 0 }, n / 2},
		{"all", func(uint64) bool { return true }, n},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, q := range data[:20] {
				found := search(t, x, q, index.SearchOptions{K: 10, Filter: where(c.accept)})
				require.Len(t, found, min(10, c.ids), "accepted neighbours that exist come back")
				for _, f := range found {
					require.True(t, c.accept(f.Key))
				}
				exact := search(t, x, q, index.SearchOptions{K: 10, Filter: listed(n, c.accept), Exact: true})
				model.requireExact(t, exact, q, 10, c.accept)
			}
		})
	}
}

func manyQueries(t *testing.T, build New, o Options) {
	const n = 500
	data := Clustered(rand.New(rand.NewPCG(14, 14)), n, 12)
	x := build(12, 1)
	require.NoError(t, x.Add(count(n), data))
	for _, s := range []index.SearchOptions{
		{K: 7, Exact: true},
		{K: 7, Exact: true, Filter: where(func(key uint64) bool { return key%3 == 0 })},
		{K: 7, Exact: true, Filter: listed(n, func(key uint64) bool { return key%50 == 0 })},
		{K: 7}, {K: 7, Ef: 20},
	} {
		if !s.Exact && o.MinRecall == 0 {
			continue
		}
		for _, queries := range [][][]float32{nil, data[:1], data[:77]} {
			found, err := x.SearchAll(background, queries, s)
			require.NoError(t, err)
			require.Len(t, found, len(queries))
			for i, q := range queries {
				require.Equal(t, search(t, x, q, s), found[i])
			}
		}
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err := x.SearchAll(ctx, data[:50], index.SearchOptions{K: 3, Exact: true})
	require.ErrorIs(t, err, context.Canceled)
}

func cancelled(t *testing.T, build New, _ Options) {
	const n = 300
	data := Clustered(rand.New(rand.NewPCG(6, 6)), n, 8)
	x := build(8, 1)
	require.NoError(t, x.Add(count(n), data))
	ctx, cancel := context.WithCancel(background)
	cancel()
	for _, o := range []index.SearchOptions{{K: 5}, {K: 5, Exact: true}, {K: n}} {
		_, err := x.Search(ctx, data[0], o)
		require.ErrorIs(t, err, context.Canceled)
	}
}

func recall(t *testing.T, build New, o Options) {
	const n, dimension, k = 3000, 32, 10
	random := rand.New(rand.NewPCG(7, 7))
	data := Clustered(random, n+100, dimension)
	queries, data := data[n:], data[:n]
	x := build(dimension, 1)
	require.NoError(t, x.Add(count(n), data))
	model := newModel()
	model.add(count(n), data)
	hits := 0
	for _, q := range queries {
		want := model.nearest(q, k, nil)
		found := search(t, x, q, index.SearchOptions{K: k})
		require.Len(t, found, k)
		hits += overlap(want, found)
	}
	got := float64(hits) / float64(k*len(queries))
	t.Logf("recall@%d %.4f", k, got)
	require.GreaterOrEqual(t, got, o.MinRecall)
}

// search searches and checks what holds for every answer.
func search(t testing.TB, x index.Index, query []float32, o index.SearchOptions) []index.Neighbour {
	t.Helper()
	found, err := x.Search(background, query, o)
	require.NoError(t, err)
	requireOrdered(t, found)
	require.LessOrEqual(t, len(found), o.K)
	return found
}

func requireOrdered(t testing.TB, found []index.Neighbour) {
	t.Helper()
	seen := map[uint64]bool{}
	for i, f := range found {
		require.False(t, seen[f.Key], "key %d came back twice", f.Key)
		seen[f.Key] = true
		if i == 0 {
			continue
		}
		before := found[i-1]
		if f.Score > before.Score || f.Score == before.Score && f.Key < before.Key {
			require.Fail(t, "not in order", "%+v before %+v", before, f)
		}
	}
}

func keysOf(x index.Index) []uint64 {
	keys := []uint64{}
	for key := range x.Keys {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func keysFound(found []index.Neighbour) []uint64 {
	keys := make([]uint64, len(found))
	for i, f := range found {
		keys[i] = f.Key
	}
	return keys
}

func overlap(want, found []index.Neighbour) int {
	n := 0
	for _, f := range found {
		if slices.ContainsFunc(want, func(w index.Neighbour) bool { return w.Key == f.Key }) {
			n++
		}
	}
	return n
}

// where returns a filter that cannot list its keys.
func where(accept func(key uint64) bool) *index.Filter { return &index.Filter{Accept: accept} }

// listed returns a filter that can list its keys, of those below n.
func listed(n uint64, accept func(key uint64) bool) *index.Filter {
	f := &index.Filter{Accept: accept}
	f.Keys = func(yield func(uint64) bool) {
		for key := range n {
			if accept(key) && !yield(key) {
				return
			}
		}
	}
	for range f.Keys {
		f.Len++
	}
	return f
}

// count returns the keys 0 to n-1.
func count(n int) []uint64 {
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(i)
	}
	return keys
}

func searchesBesideWrites(t *testing.T, build New, _ Options) {
	const n, dimension, rounds = 600, 16, 12
	data := Clustered(rand.New(rand.NewPCG(8, 8)), n, dimension)
	x := build(dimension, 1)
	require.NoError(t, x.Add(count(n/2), data[:n/2])) // these keys stay
	stays := func(key uint64) bool { return key < n/2 }

	var searching sync.WaitGroup
	done, stop := context.WithCancel(background)
	var failures [3]error
	for worker := range failures {
		searching.Go(func() {
			failures[worker] = searchUntil(done, x, data, stays, uint64(worker))
		})
	}
	for round := range rounds {
		var keys []uint64
		var vectors [][]float32
		for key := n/2 + round%2; key < n; key += 2 {
			keys, vectors = append(keys, uint64(key)), append(vectors, data[key])
		}
		require.NoError(t, x.Add(keys, vectors))
		if round == rounds/2 {
			require.NoError(t, x.Checkpoint(io.Discard, false))
		}
		require.Equal(t, len(keys), x.Delete(keys))
		require.Equal(t, n/2, x.Len())
	}
	stop()
	searching.Wait()
	require.NoError(t, errors.Join(failures[:]...))
	require.Equal(t, count(n/2), keysOf(x))
}

// searchUntil searches until done and checks every answer: in order, without doubles, with the score that its key has.
func searchUntil(done context.Context, x index.Index, data [][]float32, stays func(uint64) bool, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 9))
	for done.Err() == nil {
		query := data[random.IntN(len(data))]
		o := index.SearchOptions{K: 1 + random.IntN(20), Exact: random.IntN(8) == 0}
		if random.IntN(4) == 0 {
			o.Filter = where(stays)
		}
		found, err := x.Search(background, query, o)
		if err != nil {
			return err
		}
		for i, f := range found {
			want := inner(query, data[f.Key])
			switch {
			case math.Abs(float64(f.Score)-want) > 1e-4:
				return fmt.Errorf("key %d came back with score %g, not %g", f.Key, f.Score, want)
			case o.Filter != nil && !stays(f.Key):
				return fmt.Errorf("key %d came back, which is not accepted", f.Key)
			case i > 0 && found[i-1].Score < f.Score:
				return fmt.Errorf("not in order: %v", found)
			}
		}
		if o.Filter != nil && len(found) != o.K {
			return fmt.Errorf("%d of %d neighbours, which were there all the time", len(found), o.K)
		}
	}
	return nil
}
