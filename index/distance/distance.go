// Package distance computes inner products of float32 vectors, the similarity that every index of Pinax ranks by (the
// cosine, for L2-normalised vectors).
//
//	score := distance.Dot(query, row)
//
// On amd64 with AVX2 and FMA it runs hand-written assembly, elsewhere and with the build tag purego unrolled Go. The two
// round differently (FMA rounds once), but on one path a pair of vectors always has the same score, whichever function
// computed it: indexes rely on that to treat identical vectors alike.
package distance

import "math"

// Dot returns the inner product of a and b. It panics when b is shorter than a; what b holds beyond is ignored.
func Dot(a, b []float32) float32 {
	b = b[:len(a)]
	return dot(a, b)
}

// Dot4 scores four rows against one query, which reads the query once and hides the latency of the rows' memory. out[i]
// has exactly the bits of Dot(query, ri). It panics when a row is shorter than the query.
func Dot4(query, r0, r1, r2, r3 []float32, out *[4]float32) {
	n := len(query)
	dot4(query, r0[:n], r1[:n], r2[:n], r3[:n], out)
}

// Prefetch asks the CPU to bring the start of a row into its cache; the hardware follows up on the rest once the row is
// read in order. It is a hint and has no other effect.
func Prefetch(row []float32) {
	prefetch(row)
}

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
	var sum float32
	for _, x := range v {
		sum += x * 0 // NaN for NaN and ±Inf, else ±0
	}
	return sum == 0
}

// dotGo is the portable kernel: eight running sums, so that additions do not wait for each other.
func dotGo(a, b []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		x, y := (*[8]float32)(a), (*[8]float32)(b)
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s4 += x[4] * y[4]
		s5 += x[5] * y[5]
		s6 += x[6] * y[6]
		s7 += x[7] * y[7]
		a, b = a[8:], b[8:]
	}
	sum := ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

// dot4Go calls dotGo four times: one kernel is what makes the scores of Dot and Dot4 equal.
func dot4Go(query, r0, r1, r2, r3 []float32, out *[4]float32) {
	out[0] = dotGo(query, r0)
	out[1] = dotGo(query, r1)
	out[2] = dotGo(query, r2)
	out[3] = dotGo(query, r3)
}
