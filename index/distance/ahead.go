//go:build (amd64 || arm64) && !purego

package distance

// fetchFirst begins a call: it asks for the rows at the front and returns how far ahead the kernel shall go on.
func fetchFirst(p path, rows []uintptr, bytes int) (ahead int) {
	ahead = rowsAhead(bytes)
	if ahead > nearest && len(rows) > nearest { // else the kernel is there itself before the prefetch has done anything
		prefetchRows(p, rows[:min(ahead, len(rows))], bytes)
	}
	return ahead
}

// nearest is how many rows a kernel takes at once, and how far ahead it prefetches at least.
const nearest = 4

// rowsAhead is how many rows before its turn a row of so many bytes is prefetched: about 4 KB, which is what keeps all the
// lines in flight that a core can wait for. Measured on Zen 5 with rows in random order out of cache, batches of 32
// (BenchmarkOutOfCache): rows of 256 bytes are fastest 16 ahead, of 512 bytes 8, of 1 and 2 KB 4. Half or twice as many
// cost 5 to 15 %, none at all 20 to 130 %.
func rowsAhead(bytes int) int {
	switch {
	case bytes <= 256:
		return 16
	case bytes <= 512:
		return 8
	default:
		return nearest
	}
}

// bitsChunk is how many rows of bits are prefetched at once. They are short and many, so it is one chunk ahead and not
// row by row: that made rows of 32 to 128 bytes 1.3 to 2.6 times as fast out of cache with AVX-512, and 4 to 6 times with
// AVX2, whose longer code hides the loads of the next rows from the CPU.
const bitsChunk = 32

func dotBitsRows(p path, planes []uint64, rows []uintptr, out []int32) {
	if p == pathGo {
		dotBitsRowsGo(planes, rows, out)
		return
	}
	bytes := 8 * (len(planes) / BitPlanes)
	prefetchRows(p, rows[:min(bitsChunk, len(rows))], bytes)
	for len(rows) > 0 {
		n := min(bitsChunk, len(rows))
		prefetchRows(p, rows[n:min(2*bitsChunk, len(rows))], bytes)
		dotBitsKernel(p, planes, rows[:n], out[:n])
		rows, out = rows[n:], out[n:]
	}
}
