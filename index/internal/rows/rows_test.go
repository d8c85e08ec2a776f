package rows

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// put shows a new slot.
func put(t *Table, key uint64) uint32 {
	slot := t.Take()
	t.Put(slot, key)
	t.Show(slot)
	return slot
}

func TestSlotIsReusedOnlyAfterItsReaders(t *testing.T) {
	table := New()
	slot := put(table, 1)
	before := table.Enter()
	table.Hide(slot)
	table.Retire(slot)
	for range 3 {
		require.NotEqual(t, slot, table.Take(), "a reader from before may still look at it")
	}
	require.Equal(t, uint64(1), table.Key(slot))
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

func TestRowsDoNotMoveWhenAColumnGrows(t *testing.T) {
	for _, width := range []int{1, 3, 256, 100_000} {
		c := NewColumn[float32](width)
		c.Grow(1)
		first := &c.Row(0)[0]
		*first = 7
		for end := uint32(2); int(end)*width < 4<<20; end *= 2 {
			c.Grow(end)
			last := c.Row(end - 1)
			require.Len(t, last, width)
			for _, x := range last[width/2:] {
				require.Zero(t, x, "new rows are zero")
			}
			last[width-1] = float32(end)
		}
		require.Same(t, first, &c.Row(0)[0])
	}
}

// TestRowsAreApart fills every row of several segments with its slot and reads them back.
func TestRowsAreApart(t *testing.T) {
	c := NewColumn[uint32](5)
	const end = 300_000
	c.Grow(end)
	for slot := range uint32(end) {
		for i := range c.Row(slot) {
			c.Row(slot)[i] = slot
		}
	}
	for slot := range uint32(end) {
		for _, x := range c.Row(slot) {
			if x != slot {
				t.Fatalf("row %d holds %d", slot, x)
			}
		}
		if c.Address(slot) != c.Address(slot-slot%2)+uintptr(slot%2)*uintptr(c.RowBytes()) && slot%4096 > 1 {
			t.Fatalf("row %d is not behind its neighbour", slot)
		}
	}
}

func TestLookupFindsWhatIsThere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	table, slots := New(), map[uint64]uint32{}
	for range 20_000 {
		key := random.Uint64N(600) << 32 // many share their low bits
		slot, ok := table.Find(key)
		want, wanted := slots[key]
		require.Equal(t, wanted, ok)
		if !ok {
			slots[key] = put(table, key)
			continue
		}
		require.Equal(t, want, slot)
		if random.IntN(2) == 0 {
			table.Hide(slot)
			table.Retire(slot)
			delete(slots, key)
		}
	}
	require.Equal(t, len(slots), table.Len())
	require.LessOrEqual(t, int(table.End()), 700, "slots are used again")
}

func TestExtendTakesSlotsUpWhereTheyWere(t *testing.T) {
	table := New()
	table.Extend(10, func(slot uint32) bool { return slot%3 == 0 })
	for _, want := range []uint32{1, 2, 4, 5, 7, 8, 10} {
		require.Equal(t, want, table.Take())
	}
}

func TestColumnMemory(t *testing.T) {
	small := NewColumn[uint32](1)
	require.Zero(t, small.MemoryBytes())
	small.Grow(1)
	require.EqualValues(t, 4*4096, small.MemoryBytes(), "a small segment is there as a whole")
	small.Grow(1)
	small.Grow(4097)
	require.EqualValues(t, 2*4*4096, small.MemoryBytes())

	large := NewColumn[float32](1024)
	large.Grow(5000)
	bytes := large.MemoryBytes()
	require.GreaterOrEqual(t, bytes, int64(5000*4096))
	large.Grow(4999)
	require.Equal(t, bytes, large.MemoryBytes())
	large.Grow(5001)
	if runtime.GOOS == "linux" {
		require.EqualValues(t, 5001*4096, large.MemoryBytes(), "pages that nobody has touched take no memory")
	}
}
