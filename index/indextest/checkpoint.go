package indextest

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// savedIndex returns an index with a history of deletes, its checkpoint, and its vectors by key.
func savedIndex(t *testing.T, build New) (index.Index, []byte, map[uint64][]float32) {
	const n, dimension = 500, 20
	data := Clustered(rand.New(rand.NewPCG(11, 11)), n, dimension)
	x := build(dimension, 5)
	require.NoError(t, x.Add(count(n), data))
	vectors := map[uint64][]float32{}
	var gone []uint64
	for key, v := range data {
		if key%7 == 0 {
			gone = append(gone, uint64(key))
		} else {
			vectors[uint64(key)] = v
		}
	}
	require.Equal(t, len(gone), x.Delete(gone))
	var buffer bytes.Buffer
	require.NoError(t, x.Checkpoint(&buffer, false))
	return x, buffer.Bytes(), vectors
}

func checkpoints(t *testing.T, build New, o Options) {
	x, saved, vectors := savedIndex(t, build)
	y := build(20, 5)
	restore(t, y, iotest.OneByteReader(bytes.NewReader(saved)), vectors)
	requireSame(t, x, y, o)
	require.ErrorIs(t, y.Restore(bytes.NewReader(saved), yielding(nil)), index.ErrNotEmpty)
	require.Equal(t, len(vectors), y.Len())

	failing := errors.New("disk full")
	require.ErrorIs(t, x.Checkpoint(&failingWriter{after: len(saved) / 2, err: failing}, false), failing)
	require.Equal(t, len(vectors), x.Len())
}

// checkpointsOfChanges saves in full once and then, between writes, what changed.
func checkpointsOfChanges(t *testing.T, build New, o Options) {
	x, saved, vectors := savedIndex(t, build)
	data := Clustered(rand.New(rand.NewPCG(13, 13)), 200, 20)
	for round := range 5 {
		for i := range 40 {
			key := uint64(10_000 + 40*round + i)
			vectors[key] = data[40*round+i]
			require.NoError(t, x.Add([]uint64{key}, data[40*round+i:][:1]))
		}
		var gone []uint64
		for key := range vectors {
			if key%5 == uint64(round) && key%2 == 0 {
				gone = append(gone, key)
				delete(vectors, key)
			}
		}
		require.Equal(t, len(gone), x.Delete(gone))
		var changes bytes.Buffer
		require.NoError(t, x.Checkpoint(&changes, true))
		saved = append(saved, changes.Bytes()...)

		y := build(20, 5)
		restore(t, y, bytes.NewReader(saved), vectors)
		requireSame(t, x, y, o)
	}
	var nothing, empty bytes.Buffer
	require.NoError(t, x.Checkpoint(&nothing, true))
	require.NoError(t, build(20, 5).Checkpoint(&empty, true))
	require.Equal(t, empty.Len(), nothing.Len(), "what has not changed is not written")
}

// restore restores an index and adds what its checkpoint does not have.
func restore(t testing.TB, x index.Index, r io.Reader, vectors map[uint64][]float32) {
	t.Helper()
	require.NoError(t, x.Restore(r, yielding(vectors)))
	known := map[uint64]bool{}
	for key := range x.Keys {
		known[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(vectors)) {
		if !known[key] {
			require.NoError(t, x.Add([]uint64{key}, [][]float32{vectors[key]}))
		}
	}
}

// yielding yields vectors in no order.
func yielding(vectors map[uint64][]float32) iter.Seq2[uint64, []float32] { return maps.All(vectors) }

// requireSame compares two indexes by their keys and answers.
func requireSame(t testing.TB, x, y index.Index, o Options) {
	t.Helper()
	require.Equal(t, keysOf(x), keysOf(y))
	for _, query := range Clustered(rand.New(rand.NewPCG(12, 12)), 50, 20) {
		for _, s := range []index.SearchOptions{{K: 10, Exact: true}, {K: 10, Ef: 10}, {K: 10}} {
			if !s.Exact && o.MinRecall == 0 {
				continue // an index without a recall to speak of need not repeat its answers
			}
			require.Equal(t, search(t, x, query, s), search(t, y, query, s))
		}
	}
}

// failingWriter fails when more than after bytes are written.
type failingWriter struct {
	after int
	err   error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func checkpointsWithVectorsGone(t *testing.T, build New, _ Options) {
	_, saved, vectors := savedIndex(t, build)
	for _, c := range []struct {
		name string
		gone func(key uint64) bool
	}{
		{"one", func(key uint64) bool { return key == 1 }},
		{"a third", func(key uint64) bool { return key%3 == 0 }},
		{"all but one", func(key uint64) bool { return key != 200 }},
		{"all", func(uint64) bool { return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := newModel()
			for key, v := range vectors {
				if !c.gone(key) {
					want.vectors[key] = v
				}
			}
			y := build(20, 5)
			restore(t, y, bytes.NewReader(saved), want.vectors)
			require.Equal(t, len(want.vectors), y.Len())
			query := vectors[1]
			require.Len(t, search(t, y, query, index.SearchOptions{K: 500}), y.Len())
			want.requireExact(t, search(t, y, query, index.SearchOptions{K: 10, Exact: true}), query, 10, nil)
			require.NoError(t, y.Add([]uint64{10_000}, [][]float32{query}))
			require.Contains(t, keysFound(search(t, y, query, index.SearchOptions{K: 2})), uint64(10_000))
		})
	}
}

func checkpointsDamaged(t *testing.T, build New, _ Options) {
	_, saved, vectors := savedIndex(t, build)
	all := yielding(vectors)
	x := build(20, 5)
	requireUsable := func(t *testing.T) {
		t.Helper()
		require.Zero(t, x.Len())
		require.NoError(t, x.Add([]uint64{1}, [][]float32{vectors[1]}))
		require.Len(t, search(t, x, vectors[1], index.SearchOptions{K: 2}), 1)
		require.Equal(t, 1, x.Delete([]uint64{1}))
	}
	t.Run("cut off", func(t *testing.T) {
		for _, n := range []int{0, 1, 8, 19, 20, 21, len(saved) / 2, len(saved) - 5, len(saved) - 1} {
			require.ErrorIs(t, x.Restore(bytes.NewReader(saved[:n]), all), index.ErrDamaged, "at %d", n)
		}
		requireUsable(t)
	})
	t.Run("a bit flipped", func(t *testing.T) {
		for at := 0; at < len(saved); at += 1 + at/8 {
			changed := bytes.Clone(saved)
			changed[at] ^= 4
			err := x.Restore(bytes.NewReader(changed), all)
			if at == 8 {
				require.ErrorIs(t, err, index.ErrVersion)
				continue
			}
			require.ErrorIs(t, err, index.ErrDamaged, "at %d", at)
		}
		requireUsable(t)
	})
	t.Run("not a checkpoint", func(t *testing.T) {
		require.ErrorIs(t, x.Restore(bytes.NewReader(bytes.Repeat([]byte{0xff}, 1000)), all), index.ErrDamaged)
		requireUsable(t)
	})
	t.Run("another dimension", func(t *testing.T) {
		require.ErrorIs(t, build(21, 5).Restore(bytes.NewReader(saved), all), index.ErrMismatch)
	})
	t.Run("reader fails", func(t *testing.T) {
		broken := errors.New("broken pipe")
		stream := io.MultiReader(bytes.NewReader(saved[:len(saved)/2]), iotest.ErrReader(broken))
		require.ErrorIs(t, x.Restore(stream, all), broken)
		requireUsable(t)
	})
	t.Run("vectors of another dimension", func(t *testing.T) {
		err := x.Restore(bytes.NewReader(saved), yielding(map[uint64][]float32{1: {1}}))
		if err == nil { // it keeps no structure, and so asks for no vectors
			require.Zero(t, x.Len())
			return
		}
		require.ErrorIs(t, err, index.ErrDimension)
		requireUsable(t)
	})
}
