package embedded

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// advisePiece is how much Linux reads ahead at one time on most devices; it leaves out what goes beyond.
const advisePiece = 128 << 10

// advise has the system read the n bytes of the mapped database that begin with those of value. A refusal, also because the
// file ends before, costs time and nothing else.
func advise(value []byte, n int) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(value))) &^ uintptr(os.Getpagesize()-1)
	for at := start; at < start+uintptr(n); at += advisePiece {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, at, advisePiece, unix.MADV_WILLNEED)
	}
}
