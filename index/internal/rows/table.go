// Package rows keeps vectors with their keys in flat chunks of memory that never move, so that one writer can add, hide
// and reuse rows while any number of readers scan them without a lock.
//
//	table := rows.New(256)
//	slot := table.Take()
//	table.Put(slot, key, vector)
//	table.Show(slot)
//
//	guard := table.Enter()
//	defer table.Leave(guard)
//	score := distance.Dot(query, table.Vector(slot))
//
// A row lives through these states: taken (only the writer knows it), shown (readers find it), hidden (readers may still
// be looking at it), retired (no new reader gets to it), and, when all readers from before are gone, free to be taken
// again.
package rows

import (
	"math/bits"
	"sync/atomic"

	"pinax/index/distance"
)

const (
	chunkBytes   = 256 << 10 // of vectors in one chunk: small beside a big index, and no burden to a small one
	maxChunkRows = 1024
	minChunkRows = 16
	lineFloats   = 16 // in a cache line; rows start on lines and kernels run without a tail
)

// MaxSlots is the number of rows that a Table can hold. Users pack a flag beside a slot into 32 bits.
const MaxSlots = 1<<31 - 2

// Table is a growing set of rows. Methods marked "writer" must not run beside one another; all others are safe for
// concurrent use, those that take a slot between Enter and Leave.
type Table struct {
	dimension int
	stride    int  // floats from one row to the next
	shift     uint // log2 of the rows in a chunk
	chunks    Directory[chunk]
	end       atomic.Uint32 // slots below it were taken at least once
	live      atomic.Int64
	epochs    epochs

	// The writer's: hidden rows on their way to reuse. See epochs for why there are two waiting rooms.
	free    []uint32
	waiting []uint32 // retired in the epoch before
	retired []uint32 // retired in the current epoch
}

type chunk struct {
	vectors []float32 // [rows][stride], zero beyond the dimension
	keys    []uint64
	shown   []uint32 // bit set, one bit a row, accessed atomically
}

// New returns an empty Table of vectors with dimension elements.
func New(dimension int) *Table {
	stride := (dimension + lineFloats - 1) / lineFloats * lineFloats
	n := min(max(chunkBytes/(4*stride), minChunkRows), maxChunkRows)
	return &Table{dimension: dimension, stride: stride, shift: uint(bits.Len(uint(n)) - 1)}
}

// Dimension returns the number of elements of the vectors that Put takes.
func (t *Table) Dimension() int { return t.dimension }

// Enter begins reading: until Leave, no row that can be reached now is overwritten.
func (t *Table) Enter() (guard uint64) { return t.epochs.enter() }

// Leave ends reading.
func (t *Table) Leave(guard uint64) { t.epochs.leave(guard) }

// Len returns the number of rows shown.
func (t *Table) Len() int { return int(t.live.Load()) }

// End returns a bound: every row shown has a slot below it.
func (t *Table) End() uint32 { return t.end.Load() }

// ChunkRows returns the number of rows in a chunk, a power of two. Tables beside this one use the same chunks.
func (t *Table) ChunkRows() int { return 1 << t.shift }

// Stride returns the length of the vectors that Vector returns.
func (t *Table) Stride() int { return t.stride }

// Vector returns the row of a slot: [Stride], zeros beyond the dimension. It must not be changed.
func (t *Table) Vector(slot uint32) []float32 {
	at := int(slot&(1<<t.shift-1)) * t.stride
	return t.chunks.At(slot >> t.shift).vectors[at : at+t.stride]
}

// Key returns the key of a slot.
func (t *Table) Key(slot uint32) uint64 {
	return t.chunks.At(slot >> t.shift).keys[slot&(1<<t.shift-1)]
}

// Shown tells whether a slot is shown.
func (t *Table) Shown(slot uint32) bool {
	i := slot & (1<<t.shift - 1)
	return atomic.LoadUint32(&t.chunks.At(slot >> t.shift).shown[i/32])>>(i%32)&1 != 0
}

// Pad copies a query of the table's dimension into buffer, [Stride] with zeros at its end, and returns it. A buffer that
// is too small is replaced.
func (t *Table) Pad(query, buffer []float32) []float32 {
	if cap(buffer) < t.stride {
		buffer = make([]float32, t.stride)
	}
	buffer = buffer[:t.stride]
	clear(buffer[copy(buffer, query):])
	return buffer
}

// Take returns a slot that no reader can be looking at. Writer.
func (t *Table) Take() uint32 {
	if len(t.free) == 0 {
		t.reclaim()
	}
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return slot
	}
	slot := t.end.Load()
	if int(slot>>t.shift) == t.chunks.Len() {
		n := t.ChunkRows()
		t.chunks.Grow(&chunk{
			vectors: make([]float32, n*t.stride),
			keys:    make([]uint64, n),
			shown:   make([]uint32, (n+31)/32),
		})
	}
	t.end.Store(slot + 1)
	return slot
}

// reclaim moves the rows on whose readers are gone.
func (t *Table) reclaim() {
	for len(t.waiting)+len(t.retired) > 0 && t.epochs.advance() {
		t.free = append(t.free, t.waiting...)
		t.waiting, t.retired = t.retired, t.waiting[:0]
	}
}

// Put fills a slot that Take returned. Writer.
func (t *Table) Put(slot uint32, key uint64, vector []float32) {
	row := t.Vector(slot)
	clear(row[copy(row, vector):])
	t.chunks.At(slot >> t.shift).keys[slot&(1<<t.shift-1)] = key
}

// Show lets readers find a filled slot. Writer.
func (t *Table) Show(slot uint32) {
	i := slot & (1<<t.shift - 1)
	atomic.OrUint32(&t.chunks.At(slot >> t.shift).shown[i/32], 1<<(i%32))
	t.live.Add(1)
}

// Hide takes a shown slot out of all searches that begin from now on. Writer.
func (t *Table) Hide(slot uint32) {
	i := slot & (1<<t.shift - 1)
	atomic.AndUint32(&t.chunks.At(slot >> t.shift).shown[i/32], ^uint32(1<<(i%32)))
	t.live.Add(-1)
}

// Retire gives hidden slots back when no reader that enters from now on can come across them. Writer.
func (t *Table) Retire(slots ...uint32) {
	t.retired = append(t.retired, slots...)
}

// Keys calls yield with the key of every row shown until it returns false.
func (t *Table) Keys(yield func(key uint64) bool) {
	guard := t.Enter()
	defer t.Leave(guard)
	for slot := range t.End() {
		if t.Shown(slot) && !yield(t.Key(slot)) {
			return
		}
	}
}

// Check returns nil for a vector that the table takes, else an error of the kind that package index declares.
func (t *Table) Check(vector []float32) error { return check(vector, t.dimension) }

// MemoryBytes returns the memory that vectors and keys take.
func (t *Table) MemoryBytes() int64 {
	n := int64(t.ChunkRows())
	return int64(t.chunks.Len()) * (n*int64(t.stride)*4 + n*8 + (n+31)/32*4)
}

// Dot returns the inner product of the vectors of two slots.
func (t *Table) Dot(a, b uint32) float32 { return distance.Dot(t.Vector(a), t.Vector(b)) }
