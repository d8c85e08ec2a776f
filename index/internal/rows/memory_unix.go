//go:build unix

package rows

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

const canMap = true

// newMapping returns memory of the operating system, which gives pages when they are first touched, or nil when it
// refuses. Huge pages are asked for: rows are read in random order, and with small pages every row costs a walk through
// the page table.
func newMapping(bytes int) *block {
	memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil // the heap may still have room, and says so in its own way if not
	}
	adviseHugePages(memory)
	b := &block{base: unsafe.Pointer(unsafe.SliceData(memory))}
	runtime.AddCleanup(b, func(memory []byte) {
		_ = unix.Munmap(memory) // can only fail for memory that is not mapped
	}, memory)
	return b
}
