package rows

import "sync/atomic"

// Bits is a set of slots, a bit each. One writer grows it; everything else may run beside everything.
type Bits struct {
	words *Column[uint32] // 32 slots each
}

// NewBits returns an empty set.
func NewBits() Bits { return Bits{words: NewColumn[uint32](1)} }

// Grow makes room for the slots below end. Writer.
func (b Bits) Grow(end uint32) { b.words.Grow((end + 31) / 32) }

// Has tells whether a slot is in the set.
func (b Bits) Has(slot uint32) bool { return atomic.LoadUint32(b.words.At(slot/32))>>(slot%32)&1 != 0 }

// Add puts a slot in.
func (b Bits) Add(slot uint32) { atomic.OrUint32(b.words.At(slot/32), 1<<(slot%32)) }

// Remove takes a slot out and returns whether it was in.
func (b Bits) Remove(slot uint32) bool {
	bit := uint32(1) << (slot % 32)
	return atomic.AndUint32(b.words.At(slot/32), ^bit)&bit != 0
}

// MemoryBytes returns the memory that the set takes.
func (b Bits) MemoryBytes() int64 { return b.words.MemoryBytes() }
