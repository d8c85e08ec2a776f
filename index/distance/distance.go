// Package distance computes how alike vectors are: inner products and squared Euclidean distances of float32, float16
// and int8 vectors, and inner products with vectors of four-bit numbers. Every function exists for one query against
// many rows, which is what an index asks, and most for one pair:
//
//	distance.DotRows(query, rows, scores) // rows[i] is the address of len(query) float32
//
// # Rows by address
//
// The Rows functions take addresses, because indexes keep vectors in memory that the collector neither moves nor scans,
// and gather rows from all over it. Each address must be that of a whole row that stays where it is during the call:
// mapped memory, or heap memory that the caller keeps alive. Never the address of a variable on a goroutine's stack,
// which may move. Rows need no alignment; on boundaries of 64 bytes they are read fastest. The functions ask for rows
// ahead of reading them, so that the waits for memory overlap.
//
// # Kernels
//
// Hand-written assembly is chosen when the program starts, by what the CPU has (see Kernels); elsewhere, and with the
// build tag purego, the same functions run in Go. Integer results are exact everywhere. Floating-point ones are summed
// in an order that depends on the length alone: a pair of vectors has the same score, to the last bit, whichever
// function computed it and wherever the rows lie, and on every machine with vector instructions. Only the Go code
// rounds otherwise (it has no fused multiply-add), in agreement with itself.
//
// # What float sums do at the edges
//
// NaN and infinities follow IEEE 754 and are not looked for; the index refuses them at the door with Finite.
package distance

import "math"

// Kernels names the instructions in use: "avx512+vnni", "avx2", "neon+dotprod", "neon" or "go".
func Kernels() string { return chosen.String() }

// Normalise scales v in place to length 1 (L2). It returns false and leaves v alone when v has no direction: all zeros,
// empty, or with a NaN or infinity in it.
func Normalise(v []float32) bool {
	var sum float64 // squares of float32 neither overflow nor vanish in float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return false
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
	return true
}

// Finite tells whether v is free of NaN and infinities.
func Finite(v []float32) bool {
	// An exponent of all ones carries into the sign. Integers need not wait for each other, as a sum of floats would.
	const exponent, sign, one = 0x7F80_0000, 0x8000_0000, 0x0080_0000
	var seen uint32
	for _, x := range v {
		seen |= math.Float32bits(x)&exponent + one
	}
	return seen&sign == 0
}
