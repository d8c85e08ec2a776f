package distance

import "unsafe"

// Dot returns the inner product of a and b, the cosine if both have length 1. It panics when b is shorter than a; what b
// holds beyond is ignored.
func Dot(a, b []float32) float32 {
	return dot(chosen, a, b[:len(a)])
}

// DotRows writes the inner product of query and row i to out[i]. rows[i] is the address of len(query) float32; see the
// package comment for what an address must be. out[i] has exactly the bits of Dot. It panics when out is shorter than
// rows.
func DotRows(query []float32, rows []uintptr, out []float32) {
	dotRows(chosen, query, rows, out[:len(rows)])
}

// SquaredL2 returns the squared Euclidean distance of a and b, Σ(aᵢ-bᵢ)². It panics when b is shorter than a; what b
// holds beyond is ignored.
func SquaredL2(a, b []float32) float32 {
	return squaredL2(chosen, a, b[:len(a)])
}

// SquaredL2Rows writes the squared Euclidean distance of query and row i to out[i], as DotRows does the inner product.
func SquaredL2Rows(query []float32, rows []uintptr, out []float32) {
	squaredL2Rows(chosen, query, rows, out[:len(rows)])
}

func dot(p path, a, b []float32) (sum float32) {
	row := unsafe.SliceData(b)
	dotRows(p, a, oneRow(&row), unsafe.Slice(&sum, 1))
	return sum
}

func squaredL2(p path, a, b []float32) (sum float32) {
	row := unsafe.SliceData(b)
	squaredL2Rows(p, a, oneRow(&row), unsafe.Slice(&sum, 1))
	return sum
}

func dotRowsGo(query []float32, rows []uintptr, out []float32) {
	for i := range rows {
		out[i] = dotGo(query, rowAt[float32](rows, i, len(query)))
	}
}

func squaredL2RowsGo(query []float32, rows []uintptr, out []float32) {
	for i := range rows {
		out[i] = squaredL2Go(query, rowAt[float32](rows, i, len(query)))
	}
}

// dotGo keeps eight running sums, so that additions do not wait for each other.
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

func squaredL2Go(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		x, y := (*[4]float32)(a), (*[4]float32)(b)
		d0, d1, d2, d3 := x[0]-y[0], x[1]-y[1], x[2]-y[2], x[3]-y[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	sum := (s0 + s1) + (s2 + s3)
	for i, x := range a {
		d := x - b[i]
		sum += d * d
	}
	return sum
}
