package distance

import "unsafe"

// prefetchLimit bounds what one prefetch asks for: more would push out of the first cache what is needed before it.
const prefetchLimit = 4096

// PrefetchRows asks the CPU to bring the rows, of so many bytes each, into its first cache: all of each, but no more
// than 4,096 bytes of one. It is a hint, returns at once, and does nothing where there is no such instruction. An address
// that is not mapped does no harm.
func PrefetchRows(rows []uintptr, bytes int) {
	prefetchRows(chosen, rows, min(bytes, prefetchLimit))
}

// PrefetchAddress is PrefetchRows for the memory at one address.
func PrefetchAddress(address uintptr, bytes int) {
	prefetchRows(chosen, unsafe.Slice(&address, 1), min(bytes, prefetchLimit))
}
