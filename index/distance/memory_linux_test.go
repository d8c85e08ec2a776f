//go:build linux

package distance

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// scattered maps many rows of so many bytes as the index does, in huge pages, and returns their addresses in random
// order: far more than any cache holds, so that reading a row means waiting for memory.
func scattered(b *testing.B, count, bytes int) []uintptr {
	memory, err := unix.Mmap(-1, 0, count*bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, unix.Munmap(memory)) })
	if err := unix.Madvise(memory, unix.MADV_HUGEPAGE); err != nil {
		b.Logf("no huge pages: %v", err)
	}
	for i := 0; i < len(memory); i += 64 {
		memory[i] = byte(i >> 6)
	}
	rows := make([]uintptr, count)
	for at, i := range rand.New(rand.NewPCG(1, 1)).Perm(count) {
		rows[at] = uintptr(unsafe.Pointer(&memory[i*bytes]))
	}
	return rows
}

// The benchmark by which the distance of the kernels' prefetches was chosen. A batch begins when the one before has its
// scores, as in the walk of a graph: where to read next depends on them.
func BenchmarkOutOfCache(b *testing.B) {
	const count, batch = 1 << 20, 32
	for _, n := range []int{256, 512} {
		query, codes := make([]float32, n), make([]int8, n)
		scores, sums, distances := make([]float32, batch), make([]int32, batch), make([]uint32, batch)
		zero := len(sums) - batch
		for _, kind := range []struct {
			name  string
			bytes int
			score func(p path, rows []uintptr) int
		}{
			{"DotInt8", n, func(p path, rows []uintptr) int {
				dotInt8Rows(p, codes, rows, sums)
				return int(sums[batch-1])
			}},
			{"SquaredL2Int8", n, func(p path, rows []uintptr) int {
				squaredL2Int8Rows(p, codes, rows, distances)
				return int(distances[batch-1]) & zero
			}},
			{"DotF16", 2 * n, func(p path, rows []uintptr) int {
				dotF16Rows(p, query, rows, scores)
				return int(scores[batch-1])
			}},
			{"DotInt4", n / 2, func(p path, rows []uintptr) int {
				dotInt4Rows(p, codes, rows, sums)
				return int(sums[batch-1])
			}},
			{"Dot", 4 * n, func(p path, rows []uintptr) int {
				dotRows(p, query, rows, scores)
				return int(scores[batch-1])
			}},
		} {
			rows := scattered(b, count, kind.bytes)
			for _, p := range available() {
				b.Run(fmt.Sprintf("%s/%d/%s", kind.name, n, p), func(b *testing.B) {
					from := 0
					for b.Loop() {
						from = (from + batch + kind.score(p, rows[from:from+batch])) % count // the query is 0, and so are scores
					}
					perRow(b, batch)
				})
			}
		}
	}
}
