//go:build unix

package distance

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded maps so many bytes that end where a page begins that nobody may read: a kernel that reads one byte too many
// crashes the test.
func guarded(t testing.TB, bytes int) []byte {
	page := unix.Getpagesize()
	whole := (bytes + page - 1) / page * page
	mapped, err := unix.Mmap(-1, 0, whole+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(mapped)) })
	require.NoError(t, unix.Mprotect(mapped[whole:], unix.PROT_NONE))
	return mapped[whole-bytes : whole : whole]
}
