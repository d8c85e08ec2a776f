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
