package distance

import (
	"math"
	"unsafe"
)

// ToFloat16 writes src, rounded to the nearest IEEE 754 half-precision number (ties to even), to dst as bit patterns.
// Magnitudes of 65,520 and more become infinities, those below 2⁻²⁴ subnormals or zero, and a NaN stays one. It panics
// when dst is shorter than src.
func ToFloat16(dst []uint16, src []float32) {
	toFloat16(chosen, dst[:len(src)], src)
}

// FromFloat16 writes the half-precision numbers src to dst. Every one of them is a float32. It panics when dst is shorter
// than src.
func FromFloat16(dst []float32, src []uint16) {
	fromFloat16(chosen, dst[:len(src)], src)
}

// DotF16 returns the inner product of query and a row of half-precision numbers: exactly Dot of the query and what
// FromFloat16 makes of the row. It panics when row is shorter than query; what it holds beyond is ignored.
func DotF16(query []float32, row []uint16) float32 {
	return dotF16(chosen, query, row[:len(query)])
}

// DotF16Rows writes DotF16 of query and row i to out[i], bit for bit. rows[i] is the address of len(query) uint16; see
// the package comment for what an address must be. It panics when out is shorter than rows.
func DotF16Rows(query []float32, rows []uintptr, out []float32) {
	dotF16Rows(chosen, query, rows, out[:len(rows)])
}

// SquaredL2F16 returns the squared Euclidean distance of query and a row of half-precision numbers, as DotF16 does the
// inner product.
func SquaredL2F16(query []float32, row []uint16) float32 {
	return squaredL2F16(chosen, query, row[:len(query)])
}

// SquaredL2F16Rows writes SquaredL2F16 of query and row i to out[i], as DotF16Rows does the inner product.
func SquaredL2F16Rows(query []float32, rows []uintptr, out []float32) {
	squaredL2F16Rows(chosen, query, rows, out[:len(rows)])
}

func dotF16(p path, query []float32, row []uint16) (sum float32) {
	start := unsafe.SliceData(row)
	dotF16Rows(p, query, oneRow(&start), unsafe.Slice(&sum, 1))
	return sum
}

func squaredL2F16(p path, query []float32, row []uint16) (sum float32) {
	start := unsafe.SliceData(row)
	squaredL2F16Rows(p, query, oneRow(&start), unsafe.Slice(&sum, 1))
	return sum
}

// dotF16RowsGo widens each row and scores it as float32, which makes the results equal to those of float32.
func dotF16RowsGo(query []float32, rows []uintptr, out []float32) {
	wide := make([]float32, len(query))
	for i := range rows {
		fromFloat16Go(wide, rowAt[uint16](rows, i, len(query)))
		out[i] = dotGo(query, wide)
	}
}

func squaredL2F16RowsGo(query []float32, rows []uintptr, out []float32) {
	wide := make([]float32, len(query))
	for i := range rows {
		fromFloat16Go(wide, rowAt[uint16](rows, i, len(query)))
		out[i] = squaredL2Go(query, wide)
	}
}

func toFloat16Go(dst []uint16, src []float32) {
	for i, x := range src {
		dst[i] = float16Of(x)
	}
}

func fromFloat16Go(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = float32Of(h)
	}
}

// Both formats as bits: sign 1, exponent 8 or 5 (with a bias of 127 or 15), fraction 23 or 10.
const (
	rebias32    = (127 - 15) << 23 // between the exponents, at float32's place
	infinity32  = 0xFF << 23
	infinity16  = 0x1F << 10
	quiet32     = 1 << 22
	quiet16     = 1 << 9
	smallest16  = (127 - 14) << 23 // 2⁻¹⁴, the smallest normal float16, as float32
	overflow16  = 0x477F_F000      // 65,520 as float32: half way between the largest float16 and 2¹⁶
	half32      = (127 - 1) << 23  // 0.5 as float32
	fractionGap = 23 - 10
)

func float16Of(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7FFF_FFFF
	switch {
	case bits > infinity32: // NaN keeps the top of its payload and is made quiet, as the hardware does it
		return sign | infinity16 | quiet16 | uint16(bits>>fractionGap)&0x3FF
	case bits >= overflow16:
		return sign | infinity16
	case bits >= smallest16: // a carry out of the fraction belongs in the exponent
		odd := bits >> fractionGap & 1
		return sign | uint16((bits-rebias32+(1<<(fractionGap-1)-1)+odd)>>fractionGap)
	default: // subnormal, a multiple of 2⁻²⁴, which is also the last place of numbers in [0.5, 1): adding rounds
		return sign | uint16(math.Float32bits(math.Float32frombits(bits)+0.5)-half32)
	}
}

func float32Of(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	bits := uint32(h&0x7FFF) << fractionGap
	switch {
	case h&infinity16 != infinity16: // 2¹¹² corrects the exponent, of normal and subnormal numbers alike
		return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(bits)*0x1p112))
	case h&0x3FF != 0:
		return math.Float32frombits(sign | bits | infinity32 | quiet32)
	default:
		return math.Float32frombits(sign | infinity32)
	}
}
