package distance

import "unsafe"

// MaxInt8Length is how many elements the int8 functions take: with more, sums could leave 32 bits.
const MaxInt8Length = 1 << 16

// DotInt8 returns the exact inner product of a and b. It panics when b is shorter than a (what it holds beyond is
// ignored) or a longer than MaxInt8Length.
func DotInt8(a, b []int8) int32 {
	checkInt8(a)
	return dotInt8(chosen, a, b[:len(a)])
}

// DotInt8Rows writes the exact inner product of query and row i to out[i]. rows[i] is the address of len(query) int8; see
// the package comment for what an address must be. Lengths that are multiples of 64 are fastest: pad rows and query with
// zeros. It panics when out is shorter than rows, or query longer than MaxInt8Length.
func DotInt8Rows(query []int8, rows []uintptr, out []int32) {
	checkInt8(query)
	dotInt8Rows(chosen, query, rows, out[:len(rows)])
}

// SquaredL2Int8 returns the exact squared Euclidean distance of a and b. It is unsigned because 65,536 squares of up to
// 255 fit into 32 bits only so. It panics as DotInt8 does.
func SquaredL2Int8(a, b []int8) uint32 {
	checkInt8(a)
	return squaredL2Int8(chosen, a, b[:len(a)])
}

// SquaredL2Int8Rows writes the exact squared Euclidean distance of query and row i to out[i], as DotInt8Rows does the
// inner product.
func SquaredL2Int8Rows(query []int8, rows []uintptr, out []uint32) {
	checkInt8(query)
	squaredL2Int8Rows(chosen, query, rows, out[:len(rows)])
}

func checkInt8(v []int8) {
	if len(v) > MaxInt8Length {
		panic("distance: int8 vector has more than 65,536 elements")
	}
}

func dotInt8(p path, a, b []int8) (sum int32) {
	row := unsafe.SliceData(b)
	dotInt8Rows(p, a, oneRow(&row), unsafe.Slice(&sum, 1))
	return sum
}

func squaredL2Int8(p path, a, b []int8) (sum uint32) {
	row := unsafe.SliceData(b)
	squaredL2Int8Rows(p, a, oneRow(&row), unsafe.Slice(&sum, 1))
	return sum
}

func dotInt8RowsGo(query []int8, rows []uintptr, out []int32) {
	for i := range rows {
		out[i] = dotInt8Go(query, rowAt[int8](rows, i, len(query)))
	}
}

func squaredL2Int8RowsGo(query []int8, rows []uintptr, out []uint32) {
	for i := range rows {
		out[i] = squaredL2Int8Go(query, rowAt[int8](rows, i, len(query)))
	}
}

func dotInt8Go(a, b []int8) int32 {
	var s0, s1, s2, s3 int32
	for len(a) >= 4 && len(b) >= 4 {
		x, y := (*[4]int8)(a), (*[4]int8)(b)
		s0 += int32(x[0]) * int32(y[0])
		s1 += int32(x[1]) * int32(y[1])
		s2 += int32(x[2]) * int32(y[2])
		s3 += int32(x[3]) * int32(y[3])
		a, b = a[4:], b[4:]
	}
	for i, x := range a {
		s0 += int32(x) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

func squaredL2Int8Go(a, b []int8) uint32 {
	var s0, s1 uint32
	for len(a) >= 2 && len(b) >= 2 {
		x, y := (*[2]int8)(a), (*[2]int8)(b)
		d0, d1 := int32(x[0])-int32(y[0]), int32(x[1])-int32(y[1])
		s0 += uint32(d0 * d0)
		s1 += uint32(d1 * d1)
		a, b = a[2:], b[2:]
	}
	for i, x := range a {
		d := int32(x) - int32(b[i])
		s0 += uint32(d * d)
	}
	return s0 + s1
}
