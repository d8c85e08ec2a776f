//go:build !purego

package distance

import "unsafe"

// The kernels take n elements of query, count addresses in rows, and write count results to out. n and count may be 0.
// They read nothing beyond n elements of a row, in any length. While they work on some rows they prefetch those that come
// ahead places later; the first ahead rows are for the caller to prefetch.

//go:noescape
func dotRowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func dotRowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func dotInt8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func dotInt8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func squaredL2Int8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)

//go:noescape
func squaredL2Int8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)

//go:noescape
func dotF16RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func dotF16RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2F16RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

//go:noescape
func squaredL2F16RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)

// dotInt4RowsAVX512 and dotInt4RowsAVX2 take rows of so many bytes, a multiple of 64, and twice as many elements of query.
//
//go:noescape
func dotInt4RowsAVX512(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)

//go:noescape
func dotInt4RowsAVX2(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)

// toFloat16AVX2 and fromFloat16AVX2 need n to be a multiple of 8.
//
//go:noescape
func toFloat16AVX2(dst *uint16, src *float32, n int)

//go:noescape
func fromFloat16AVX2(dst *float32, src *uint16, n int)

// hadamardAVX2 needs n to be a power of two, at least 64.
//
//go:noescape
func hadamardAVX2(v *float32, n int, scale float32)

// greatestAVX2 and roundInt8AVX2 need n to be a multiple of 32.
//
//go:noescape
func greatestAVX2(v *float32, n int) float32

//go:noescape
func roundInt8AVX2(codes *int8, v *float32, n int, scale float32) (lost float32)

//go:noescape
func prefetchRowsT0(rows *uintptr, count, bytes int)

func dotRows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 4*len(query))
	switch p {
	case pathAVX512:
		dotRowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		dotRowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotRowsGo(query, rows, out)
	}
}

func squaredL2Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 4*len(query))
	switch p {
	case pathAVX512:
		squaredL2RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		squaredL2RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		squaredL2RowsGo(query, rows, out)
	}
}

func dotInt8Rows(p path, query []int8, rows []uintptr, out []int32) {
	ahead := fetchFirst(p, rows, len(query))
	switch p {
	case pathAVX512:
		dotInt8RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		dotInt8RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotInt8RowsGo(query, rows, out)
	}
}

func squaredL2Int8Rows(p path, query []int8, rows []uintptr, out []uint32) {
	ahead := fetchFirst(p, rows, len(query))
	switch p {
	case pathAVX512:
		squaredL2Int8RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		squaredL2Int8RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		squaredL2Int8RowsGo(query, rows, out)
	}
}

func dotF16Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 2*len(query))
	switch p {
	case pathAVX512:
		dotF16RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		dotF16RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotF16RowsGo(query, rows, out)
	}
}

func squaredL2F16Rows(p path, query []float32, rows []uintptr, out []float32) {
	ahead := fetchFirst(p, rows, 2*len(query))
	switch p {
	case pathAVX512:
		squaredL2F16RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		squaredL2F16RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		squaredL2F16RowsGo(query, rows, out)
	}
}

func dotInt4Rows(p path, query []int8, rows []uintptr, out []int32) {
	bytes := len(query) / 2
	ahead := fetchFirst(p, rows, bytes)
	switch p {
	case pathAVX512:
		dotInt4RowsAVX512(unsafe.SliceData(query), bytes, unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	case pathAVX2:
		dotInt4RowsAVX2(unsafe.SliceData(query), bytes, unsafe.SliceData(rows), len(rows), unsafe.SliceData(out), ahead)
	default:
		dotInt4RowsGo(query, rows, out)
	}
}

// toFloat16 and fromFloat16 leave the last elements to Go, which rounds to the same bits.
func toFloat16(p path, dst []uint16, src []float32) {
	whole := 0
	if p != pathGo {
		whole = len(src) &^ 7
		toFloat16AVX2(unsafe.SliceData(dst), unsafe.SliceData(src), whole)
	}
	toFloat16Go(dst[whole:], src[whole:])
}

func fromFloat16(p path, dst []float32, src []uint16) {
	whole := 0
	if p != pathGo {
		whole = len(src) &^ 7
		fromFloat16AVX2(unsafe.SliceData(dst), unsafe.SliceData(src), whole)
	}
	fromFloat16Go(dst[whole:], src[whole:])
}

func hadamard(p path, v []float32) {
	checkHadamard(v)
	if p == pathGo || len(v) < 64 {
		hadamardGo(v)
		return
	}
	hadamardAVX2(unsafe.SliceData(v), len(v), hadamardScale(len(v)))
}

// greatest and roundInt8 leave the last elements to Go.
func greatest(p path, v []float32) float32 {
	if p == pathGo || len(v) < 32 {
		return greatestGo(v)
	}
	whole := len(v) &^ 31
	return max(greatestAVX2(unsafe.SliceData(v), whole), greatestGo(v[whole:]))
}

func roundInt8(p path, codes []int8, v []float32, scale float32) float32 {
	if p == pathGo || len(v) < 32 {
		return roundInt8Go(codes, v, scale)
	}
	whole := len(v) &^ 31
	return roundInt8AVX2(unsafe.SliceData(codes), unsafe.SliceData(v), whole, scale) + roundInt8Go(codes[whole:], v[whole:], scale)
}

func prefetchRows(p path, rows []uintptr, bytes int) {
	if p != pathGo {
		prefetchRowsT0(unsafe.SliceData(rows), len(rows), bytes)
	}
}
