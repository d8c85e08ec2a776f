//go:build !purego

package distance

import "unsafe"

// The kernels take n elements of query, count addresses in rows, and write count results to out. n and count may be 0.
// They read nothing beyond n elements of a row, in any length.

//go:noescape
func dotRowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32)

//go:noescape
func dotRowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32)

//go:noescape
func squaredL2RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32)

//go:noescape
func squaredL2RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32)

//go:noescape
func dotInt8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *int32)

//go:noescape
func dotInt8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *int32)

//go:noescape
func squaredL2Int8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *uint32)

//go:noescape
func squaredL2Int8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *uint32)

// hadamardAVX2 needs n to be a power of two, at least 64.
//
//go:noescape
func hadamardAVX2(v *float32, n int, scale float32)

//go:noescape
func prefetchRowsT0(rows *uintptr, count, bytes int)

func dotRows(p path, query []float32, rows []uintptr, out []float32) {
	switch p {
	case pathAVX512:
		dotRowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	case pathAVX2:
		dotRowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	default:
		dotRowsGo(query, rows, out)
	}
}

func squaredL2Rows(p path, query []float32, rows []uintptr, out []float32) {
	switch p {
	case pathAVX512:
		squaredL2RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	case pathAVX2:
		squaredL2RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	default:
		squaredL2RowsGo(query, rows, out)
	}
}

func dotInt8Rows(p path, query []int8, rows []uintptr, out []int32) {
	switch p {
	case pathAVX512:
		dotInt8RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	case pathAVX2:
		dotInt8RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	default:
		dotInt8RowsGo(query, rows, out)
	}
}

func squaredL2Int8Rows(p path, query []int8, rows []uintptr, out []uint32) {
	switch p {
	case pathAVX512:
		squaredL2Int8RowsAVX512(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	case pathAVX2:
		squaredL2Int8RowsAVX2(unsafe.SliceData(query), len(query), unsafe.SliceData(rows), len(rows), unsafe.SliceData(out))
	default:
		squaredL2Int8RowsGo(query, rows, out)
	}
}

func hadamard(p path, v []float32) {
	checkHadamard(v)
	if p == pathGo || len(v) < 64 {
		hadamardGo(v)
		return
	}
	hadamardAVX2(unsafe.SliceData(v), len(v), hadamardScale(len(v)))
}

func prefetchRows(p path, rows []uintptr, bytes int) {
	if p != pathGo {
		prefetchRowsT0(unsafe.SliceData(rows), len(rows), bytes)
	}
}
