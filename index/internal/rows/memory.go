package rows

import "unsafe"

// offHeap is the size from which a block comes from the operating system: the collector then neither counts it, which
// would let the heap grow to twice an index before a collection, nor has to find out that it holds no pointers.
const offHeap = 1 << 20

// block is zeroed memory that does not move. It lives as long as something points to the block itself.
type block struct {
	base unsafe.Pointer
	heap []uint64 // the memory, when it is the collector's; aligned for every element type
}

// isMapped tells whether a block of that size is mapped, if the system does its part.
func isMapped(bytes uint64) bool { return canMap && bytes >= offHeap }

func newBlock(bytes int) *block {
	if isMapped(uint64(bytes)) {
		if b := newMapping(bytes); b != nil {
			return b
		}
	}
	b := &block{heap: make([]uint64, (bytes+7)/8)}
	b.base = unsafe.Pointer(unsafe.SliceData(b.heap))
	return b
}
