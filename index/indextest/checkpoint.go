package indextest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
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
	require.NoError(t, x.Checkpoint(&buffer))
	return x, buffer.Bytes(), vectors
}

func checkpoints(t *testing.T, build New, o Options) {
	x, saved, vectors := savedIndex(t, build)
	y := build(20, 5)
	behind := []byte("what follows is not the index's")
	stream := bytes.NewReader(append(saved, behind...))
	require.NoError(t, y.Restore(iotest.OneByteReader(stream), func(key uint64) []float32 { return vectors[key] }))
	rest, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.Equal(t, behind, rest, "nothing is read beyond the end")

	require.Equal(t, keysOf(x), keysOf(y))
	for _, query := range Clustered(rand.New(rand.NewPCG(12, 12)), 50, 20) {
		for _, s := range []index.SearchOptions{{K: 10, Exact: true}, {K: 10, Ef: 10}, {K: 10}} {
			if !s.Exact && o.MinRecall == 0 {
				continue // an index without a recall to speak of need not repeat its answers
			}
			require.Equal(t, search(t, x, query, s), search(t, y, query, s))
		}
	}
	require.ErrorIs(t, y.Restore(bytes.NewReader(saved), nil), index.ErrNotEmpty)
	require.Equal(t, len(vectors), y.Len())

	failing := errors.New("disk full")
	require.ErrorIs(t, x.Checkpoint(&failingWriter{after: len(saved) / 2, err: failing}), failing)
	require.Equal(t, len(vectors), x.Len())
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
			require.NoError(t, y.Restore(bytes.NewReader(saved), func(key uint64) []float32 { return want.vectors[key] }))
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
	vector := func(key uint64) []float32 { return vectors[key] }
	x := build(20, 5)
	requireUsable := func(t *testing.T) {
		t.Helper()
		require.Zero(t, x.Len())
		require.NoError(t, x.Add([]uint64{1}, [][]float32{vectors[1]}))
		require.Len(t, search(t, x, vectors[1], index.SearchOptions{K: 2}), 1)
		require.Equal(t, 1, x.Delete([]uint64{1}))
	}
	t.Run("cut off", func(t *testing.T) {
		for _, n := range []int{0, 1, 8, 19, 20, 21, 25, len(saved) / 2, len(saved) - 10, len(saved) - 1} {
			require.ErrorIs(t, x.Restore(bytes.NewReader(saved[:n]), vector), index.ErrDamaged, "at %d", n)
		}
		requireUsable(t)
	})
	t.Run("a bit flipped", func(t *testing.T) {
		for at := 0; at < len(saved); at += 1 + at/8 {
			changed := bytes.Clone(saved)
			changed[at] ^= 4
			err := x.Restore(bytes.NewReader(changed), vector)
			if at == 8 {
				require.ErrorIs(t, err, index.ErrVersion)
				continue
			}
			require.ErrorIs(t, err, index.ErrDamaged, "at %d", at)
		}
		requireUsable(t)
	})
	t.Run("not a checkpoint", func(t *testing.T) {
		require.ErrorIs(t, x.Restore(bytes.NewReader(bytes.Repeat([]byte{0xff}, 1000)), vector), index.ErrDamaged)
		requireUsable(t)
	})
	t.Run("another dimension", func(t *testing.T) {
		require.ErrorIs(t, build(21, 5).Restore(bytes.NewReader(saved), vector), index.ErrMismatch)
	})
	t.Run("reader fails", func(t *testing.T) {
		broken := errors.New("broken pipe")
		stream := io.MultiReader(bytes.NewReader(saved[:len(saved)/2]), iotest.ErrReader(broken))
		require.ErrorIs(t, x.Restore(stream, vector), broken)
		requireUsable(t)
	})
	t.Run("vectors of another dimension", func(t *testing.T) {
		err := x.Restore(bytes.NewReader(saved), func(uint64) []float32 { return []float32{1} })
		require.ErrorIs(t, err, index.ErrDimension)
		requireUsable(t)
	})
}
