package distance

import "math/bits"

// BitPlanes is how many bits an element of a query has in DotBitsRows.
const BitPlanes = 4

// DotBitsRows scores rows of bits against a query whose elements are numbers of four bits: out[i] is the sum of the
// query's elements where row i has a 1. planes is [4][words]uint64, flat: bit j of word w of plane p is bit p of query
// element 64·w+j. rows[i] is the address of words uint64; see the package comment for what an address must be. It panics
// when words is negative, planes shorter than 4·words or out shorter than rows.
//
// That is Σₚ 2ᵖ·popcount(planeₚ AND row), the estimator's inner product in RaBitQ (Gao and Long, SIGMOD 2024, §3.3.2).
func DotBitsRows(planes []uint64, rows []uintptr, words int, out []int32) {
	dotBitsRows(chosen, planes[:BitPlanes*words], rows, out[:len(rows)])
}

func dotBitsRowsGo(planes []uint64, rows []uintptr, out []int32) {
	words := len(planes) / BitPlanes
	p0, p1, p2, p3 := planes[:words], planes[words:2*words], planes[2*words:3*words], planes[3*words:4*words]
	for i := range rows {
		var sum int
		for w, word := range rowAt[uint64](rows, i, words) {
			sum += bits.OnesCount64(p0[w]&word) + bits.OnesCount64(p1[w]&word)<<1 +
				bits.OnesCount64(p2[w]&word)<<2 + bits.OnesCount64(p3[w]&word)<<3
		}
		out[i] = int32(sum)
	}
}
