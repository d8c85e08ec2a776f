//go:build !race

// The race detector takes memory of its own for every byte, so the kernel's count says nothing under it.

package index_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// filled is a number of vectors at which the columns of an index are full to the last row, so that nothing is rounded up to
// huge pages.
const filled = 1 << 16

// TestStatsAreTheMemoryOfTheProcess fills indexes and holds what they say against what the kernel says. Keys take 4 % of
// the smallest one, links and codes each more than a third.
func TestStatsAreTheMemoryOfTheProcess(t *testing.T) {
	const tolerance = 0.03
	nothing := func([]uint64, func(int, []float32)) error { return nil }
	var kept []index.Index // until the end: what is given back in the middle of a case would count against it
	for _, c := range []struct {
		kind, quantizer, memory string
		dimension, n            int
		rounded                 int64 // columns whose last huge page is not full
	}{
		{"hnsw", "int8", index.MemoryCodes, 256, filled, 0},
		{"hnsw", "int8", index.MemoryCodes, 256, 50_000, 2},
		{"hnsw", "int8", index.MemoryFull, 256, filled, 0},
		{"flat", "int8", index.MemoryCodes, 512, filled, 0},
		{"flat", "int8", index.MemoryFull, 100, 50_000, 2},
		{"flat", "f16", index.MemoryCodes, 256, filled, 0},
		{"flat", "int4", index.MemoryCodes, 256, filled, 0},
		{"flat", "none", index.MemoryFull, 256, filled, 0},
	} {
		t.Run(fmt.Sprintf("%s %s %s %d x %d", c.kind, c.quantizer, c.memory, c.n, c.dimension), func(t *testing.T) {
			o := index.VectorOptions{Dimension: c.dimension, Quantizer: c.quantizer, Memory: c.memory, Source: nothing}
			before := anonymousBytes(t)
			x := build(t, c.kind, o)
			kept = append(kept, x)
			fill(t, x, c.n, c.dimension)
			grown := anonymousBytes(t) - before
			s := x.Stats()
			t.Logf("%.1f bytes a vector, %.1f by the kernel: %+v", s.BytesPerVector(), float64(grown)/float64(c.n), s)
			stated := float64(s.MemoryBytes)
			require.Greater(t, float64(grown), (1-tolerance)*stated)
			require.Less(t, float64(grown), (1+tolerance)*stated+float64(c.rounded*hugePage))
			require.Equal(t, s.MemoryBytes, s.CodeBytes+s.VectorBytes+s.LinkBytes+s.KeyBytes)
			require.Equal(t, c.memory, s.Memory)
			require.Equal(t, c.n, s.Vectors)
		})
	}
	runtime.KeepAlive(kept)
}

const hugePage = 2 << 20

// anonymousBytes returns the memory of the process that is no file's, once garbage is gone.
func anonymousBytes(t *testing.T) int64 {
	t.Helper()
	for range 3 { // pools let go of what they have after two
		debug.FreeOSMemory()
	}
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		t.Skipf("SKIPPED: the kernel does not tell: %v", err)
	}
	_, rest, found := bytes.Cut(text, []byte("\nAnonymous:"))
	require.True(t, found)
	var kilobytes int64
	_, err = fmt.Sscan(string(rest), &kilobytes)
	require.NoError(t, err)
	return kilobytes << 10
}
