package distance

import "unsafe"

// Dot4 scores four rows against one query. out[i] has exactly the bits of Dot(query, ri). It panics when a row is shorter
// than the query.
func Dot4(query, r0, r1, r2, r3 []float32, out *[4]float32) {
	n := len(query)
	rows := [4]*float32{
		unsafe.SliceData(r0[:n]), unsafe.SliceData(r1[:n]), unsafe.SliceData(r2[:n]), unsafe.SliceData(r3[:n]),
	}
	dotRows(chosen, query, unsafe.Slice((*uintptr)(unsafe.Pointer(&rows)), 4), out[:])
}

// Prefetch asks the CPU to bring the start of a row into its cache. It is a hint and has no other effect.
func Prefetch(row []float32) {
	start := unsafe.SliceData(row)
	prefetchRows(chosen, oneRow(&start), min(4*len(row), 256))
}
