//go:build !purego

package distance

import "unsafe"

// The kernels take n elements of query, count addresses in rows, and write count results to out. n and count may be 0.
// They read nothing beyond n elements of a row, in any length. While they work on some rows they prefetch those that come
// ahead places later; the first ahead rows are for the caller to prefetch.

//go:noescape
func dotRowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func dotF16RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2F16RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func dotInt8RowsDotProd(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func dotInt8RowsNEON(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func squaredL2Int8RowsDotProd(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)

//go:noescape
func squaredL2Int8RowsNEON(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)

// dotInt4RowsDotProd and dotInt4RowsNEON take rows of so many bytes, a multiple of 64, and twice as many elements of query.
//
//go:noescape
func dotInt4RowsDotProd(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func dotInt4RowsNEON(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)

// toFloat16NEON and fromFloat16NEON need n to be a multiple of 8.
//
//go:noescape
func toFloat16NEON(dst *uint16, src *float32, n int)

//go:noescape
func fromFloat16NEON(dst *float32, src *uint16, n int)

// hadamardNEON needs n to be a power of two, at least 64.
//
//go:noescape
func hadamardNEON(v *float32, n int, scale float32)

//go:noescape
func prefetchRowsL1(rows *uintptr, count, bytes int)

func dotRows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 4*len(query))
	if p == pathGo {
		dotRowsGo(query, rows, out)
		return
	}
	dotRowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
}

func squaredL2Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 4*len(query))
	if p == pathGo {
		squaredL2RowsGo(query, rows, out)
		return
	}
	squaredL2RowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
}

func dotF16Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 2*len(query))
	if p == pathGo {
		dotF16RowsGo(query, rows, out)
		return
	}
	dotF16RowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
}

func squaredL2F16Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 2*len(query))
	if p == pathGo {
		squaredL2F16RowsGo(query, rows, out)
		return
	}
	squaredL2F16RowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
}

func dotInt8Rows(p path, query []int8, rows []uintptr, out []int32) {
	ahead := fetchFirst(p, rows, len(query))
	switch p {
	case pathDotProd:
		dotInt8RowsDotProd(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathNEON:
		dotInt8RowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotInt8RowsGo(query, rows, out)
	}
}

func squaredL2Int8Rows(p path, query []int8, rows []uintptr, out []uint32) {
	ahead := fetchFirst(p, rows, len(query))
	switch p {
	case pathDotProd:
		squaredL2Int8RowsDotProd(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathNEON:
		squaredL2Int8RowsNEON(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		squaredL2Int8RowsGo(query, rows, out)
	}
}

func dotInt4Rows(p path, query []int8, rows []uintptr, out []int32) {
	bytes := len(query) / 2
	ahead := fetchFirst(p, rows, bytes)
	switch p {
	case pathDotProd:
		dotInt4RowsDotProd(unsafe.SliceData(query), bytes, unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathNEON:
		dotInt4RowsNEON(unsafe.SliceData(query), bytes, unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotInt4RowsGo(query, rows, out)
	}
}

// toFloat16 and fromFloat16 leave the last elements to Go, which rounds to the same bits.
func toFloat16(p path, dst []uint16, src []float32) {
	whole := 0
	if p != pathGo {
		whole = len(src) &^ 7
		toFloat16NEON(unsafe.SliceData(dst), unsafe.SliceData(src), whole)
	}
	toFloat16Go(dst[whole:], src[whole:])
}

func fromFloat16(p path, dst []float32, src []uint16) {
	whole := 0
	if p != pathGo {
		whole = len(src) &^ 7
		fromFloat16NEON(unsafe.SliceData(dst), unsafe.SliceData(src), whole)
	}
	fromFloat16Go(dst[whole:], src[whole:])
}

func hadamard(p path, v []float32) {
	checkHadamard(v)
	if p == pathGo || len(v) < 64 {
		hadamardGo(v)
		return
	}
	hadamardNEON(unsafe.SliceData(v), len(v), hadamardScale(len(v)))
}

// greatest and roundInt8 are left to the compiler, which has an instruction for each of their operations here.
func greatest(_ path, v []float32) float32 { return greatestGo(v) }

func roundInt8(_ path, codes []int8, v []float32, scale float32) float32 {
	return roundInt8Go(codes, v, scale)
}

func prefetchRows(p path, rows []uintptr, bytes int) {
	if p != pathGo {
		prefetchRowsL1(unsafe.SliceData(rows), len(rows), bytes)
	}
}
