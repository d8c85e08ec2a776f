package rows

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

const (
	firstSegmentBytes = 64 << 10 // no burden to a small index
	maxFirstRows      = 4096
	minFirstRows      = 16
	maxSegments       = 32
)

// Column holds one row of fixed width for each slot, in memory that never moves. Its segments double: the first holds the
// first rows, every other one as many as all before it together, so that finding a row takes no table of chunks. One
// writer grows it while any number of readers look at rows that they were told of by way of an atomic.
//
// T must hold no pointers.
type Column[T any] struct {
	width    int     // elements of a row
	bytes    uintptr // of a row
	shift    uint    // log2 of the rows in the first segment
	segments [maxSegments]segment
	n        int           // segments in use
	end      atomic.Uint32 // the greatest that Grow was called with
}

type segment struct {
	base  unsafe.Pointer
	first uint32 // slot of its first row
	owner *block
}

// NewColumn returns an empty column of rows with width elements, at least 1.
func NewColumn[T any](width int) *Column[T] {
	var t T
	bytes := uintptr(width) * unsafe.Sizeof(t)
	rows := min(max(firstSegmentBytes/int(bytes), minFirstRows), maxFirstRows)
	return &Column[T]{width: width, bytes: bytes, shift: uint(bits.Len(uint(rows)) - 1)}
}

// Grow makes room for the slots below end; new rows are zero. Writer.
func (c *Column[T]) Grow(end uint32) {
	if end > c.end.Load() {
		c.end.Store(end)
	}
	for c.capacity() < uint64(end) {
		first := uint32(c.capacity())
		rows := uint64(1) << c.shift
		if c.n > 0 {
			rows = uint64(first)
		}
		b := newBlock(int(rows * uint64(c.bytes)))
		c.segments[c.n] = segment{base: b.base, first: first, owner: b}
		c.n++
	}
}

// capacity returns the number of rows that there is room for.
func (c *Column[T]) capacity() uint64 {
	if c.n == 0 {
		return 0
	}
	return 1 << (c.shift + uint(c.n) - 1)
}

func (c *Column[T]) pointer(slot uint32) unsafe.Pointer {
	s := &c.segments[bits.Len32(slot>>c.shift)]
	return unsafe.Add(s.base, uintptr(slot-s.first)*c.bytes)
}

// Row returns the row of a slot, [width].
func (c *Column[T]) Row(slot uint32) []T { return unsafe.Slice((*T)(c.pointer(slot)), c.width) }

// At returns the first element of the row of a slot.
func (c *Column[T]) At(slot uint32) *T { return (*T)(c.pointer(slot)) }

// Address returns where the row of a slot lies. It stays true for as long as the column is reachable.
func (c *Column[T]) Address(slot uint32) uintptr { return uintptr(c.pointer(slot)) }

// RowBytes returns the size of a row.
func (c *Column[T]) RowBytes() int { return int(c.bytes) }

// MemoryBytes returns the memory that the rows take: all of a segment on the heap, and of a mapped one what has been
// touched. Where the system gives huge pages, that may be up to one page more.
func (c *Column[T]) MemoryBytes() int64 {
	end := uint64(c.end.Load())
	var total uint64
	for capacity := uint64(0); capacity < end; {
		rows := max(capacity, 1<<c.shift)
		if used := end - capacity; isMapped(rows*uint64(c.bytes)) && used < rows {
			return int64(total + used*uint64(c.bytes))
		}
		total += rows * uint64(c.bytes)
		capacity += rows
	}
	return int64(total)
}
