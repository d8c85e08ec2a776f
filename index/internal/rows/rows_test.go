package rows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// put stores and shows a vector of one element.
func put(t *Table, key uint64, x float32) uint32 {
	slot := t.Take()
	t.Put(slot, key, []float32{x})
	t.Show(slot)
	return slot
}

func TestSlotIsReusedOnlyAfterItsReaders(t *testing.T) {
	table := New(1)
	slot := put(table, 1, 1)
	before := table.Enter()
	table.Hide(slot)
	table.Retire(slot)
	for range 3 {
		require.NotEqual(t, slot, table.Take(), "a reader from before may still look at it")
	}
	require.Equal(t, float32(1), table.Vector(slot)[0])
	after := table.Enter()
	defer table.Leave(after)
	table.Leave(before)
	require.Equal(t, slot, table.Take(), "a reader from after cannot have come across it")
}

func TestReaderThatCameLaterHoldsNothingBack(t *testing.T) {
	var e epochs
	first := e.enter()
	require.True(t, e.advance())
	require.False(t, e.advance(), "the first reader is left")
	second := e.enter()
	require.NotEqual(t, first, second)
	e.leave(first)
	require.True(t, e.advance())
	require.False(t, e.advance(), "the second is left")
	e.leave(second)
	require.True(t, e.advance())
}

func TestRowsDoNotMoveWhenTheTableGrows(t *testing.T) {
	table := New(3)
	first := table.Take()
	table.Put(first, 7, []float32{1, 2, 3})
	row := table.Vector(first)
	for range 5 * table.ChunkRows() {
		table.Take()
	}
	require.Same(t, &row[0], &table.Vector(first)[0])
	require.Equal(t, uint64(7), table.Key(first))
}

func TestReusedRowForgetsItsOldVector(t *testing.T) {
	table := New(3)
	slot := table.Take()
	table.Put(slot, 1, []float32{1, 2, 3})
	table.Put(slot, 2, nil)
	for _, x := range table.Vector(slot) {
		require.Zero(t, x)
	}
}

func TestChunkSizes(t *testing.T) {
	for _, c := range []struct {
		name             string
		dimension        int
		stride, chunkRow int
	}{
		{"smallest", 1, 16, 1024},
		{"just over a cache line", 17, 32, 1024},
		{"of an encoder", 256, 256, 256},
		{"not a power of two", 768, 768, 64},
		{"large", 4096, 4096, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := New(c.dimension)
			require.Equal(t, c.stride, table.Stride())
			require.Equal(t, c.chunkRow, table.ChunkRows())
			require.Zero(t, table.MemoryBytes())
			table.Take()
			require.GreaterOrEqual(t, table.MemoryBytes(), int64(4*c.stride*c.chunkRow))
		})
	}
}

func TestScanStopsWhenItsContextEnds(t *testing.T) {
	table := New(1)
	for key := range uint64(3 * table.ChunkRows()) {
		put(table, key, 1)
	}
	ctx, cancel := context.WithCancel(t.Context())
	scored := 0
	_, err := table.Scan(ctx, table.Pad([]float32{1}, nil), 1, func(uint64) bool {
		cancel()
		scored++
		return true
	})
	require.ErrorIs(t, err, context.Canceled)
	require.LessOrEqual(t, scored, table.ChunkRows())
}

func TestScanBreaksTiesByKey(t *testing.T) {
	table := New(1)
	for _, key := range []uint64{9, 3, 7, 1, 8, 5} {
		put(table, key, 2)
	}
	found, err := table.Scan(t.Context(), table.Pad([]float32{1}, nil), 3, nil)
	require.NoError(t, err)
	require.Equal(t, []index.Neighbour{{Key: 1, Score: 2}, {Key: 3, Score: 2}, {Key: 5, Score: 2}}, found)
}
