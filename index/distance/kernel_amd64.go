//go:build !purego

package distance

import "golang.org/x/sys/cpu"

// hasAVX2 is asked of the CPU (and, for the saving of registers, of the operating system) once.
var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Accelerated tells whether vector instructions are in use.
func Accelerated() bool { return hasAVX2 }

func dot(a, b []float32) float32 {
	if !hasAVX2 {
		return dotGo(a, b)
	}
	return dotFMA(a, b)
}

func dot4(query, r0, r1, r2, r3 []float32, out *[4]float32) {
	if !hasAVX2 {
		dot4Go(query, r0, r1, r2, r3, out)
		return
	}
	dot4FMA(query, r0, r1, r2, r3, out)
}

// dotFMA needs len(b) ≥ len(a). The part of the vectors that fills whole steps of 16 runs in assembly, the rest in Go, so
// that the assembly never reads past an end.
func dotFMA(a, b []float32) float32 {
	whole := len(a) &^ 15
	var sum float32
	if whole > 0 {
		sum = dotAVX2(&a[0], &b[0], whole)
	}
	return sum + dotTail(a, b, whole)
}

// dot4FMA needs rows at least as long as the query.
func dot4FMA(query, r0, r1, r2, r3 []float32, out *[4]float32) {
	whole := len(query) &^ 15
	if whole > 0 {
		dot4AVX2(&query[0], &r0[0], &r1[0], &r2[0], &r3[0], whole, out)
	} else {
		*out = [4]float32{}
	}
	if whole < len(query) {
		out[0] += dotTail(query, r0, whole)
		out[1] += dotTail(query, r1, whole)
		out[2] += dotTail(query, r2, whole)
		out[3] += dotTail(query, r3, whole)
	}
}

func dotTail(a, b []float32, from int) float32 {
	var sum float32
	for i := from; i < len(a); i++ {
		sum += a[i] * b[i]
	}
	return sum
}

func prefetch(row []float32) {
	if len(row) > 0 {
		prefetchT0(&row[0], len(row))
	}
}

// dotAVX2 returns the inner product of n floats, n a positive multiple of 16.
//
//go:noescape
func dotAVX2(a, b *float32, n int) float32

// dot4AVX2 writes the inner products of query with four rows of n floats, n a positive multiple of 16. Each row is
// summed in the order of dotAVX2.
//
//go:noescape
func dot4AVX2(query, r0, r1, r2, r3 *float32, n int, out *[4]float32)

// prefetchT0 touches the cache lines of the first min(n, 64) floats at p.
//
//go:noescape
func prefetchT0(p *float32, n int)
