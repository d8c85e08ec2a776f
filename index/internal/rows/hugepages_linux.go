package rows

import "golang.org/x/sys/unix"

// adviseHugePages is a wish: a kernel without huge pages answers with an error that changes nothing.
func adviseHugePages(memory []byte) { _ = unix.Madvise(memory, unix.MADV_HUGEPAGE) }
