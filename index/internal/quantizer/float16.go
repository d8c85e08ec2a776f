package quantizer

import (
	"math"
	"unsafe"

	"pinax/index/distance"
)

// float16 keeps vectors in IEEE 754 half precision, with zeros up to half a cache line.
type float16 struct {
	dimension, stride int
}

func newFloat16(dimension int) *float16 {
	return &float16{dimension: dimension, stride: PaddedFloats(dimension)}
}

func (f *float16) RowBytes() int { return 2 * f.stride }
func (f *float16) Exact() bool   { return false }

func (f *float16) NewCoder() Coder {
	return &float16Coder{float16: f, padded: make([]float32, f.stride)}
}

type float16Coder struct {
	*float16
	padded []float32
}

func (c *float16Coder) Encode(row []byte, vector []float32) {
	halves := halvesOf(row)
	distance.ToFloat16(halves[:len(vector)], vector)
	clear(halves[len(vector):])
}

func (c *float16Coder) Ask(vector []float32) { clear(c.padded[copy(c.padded, vector):]) }

func (c *float16Coder) AskRow(row []byte) { distance.FromFloat16(c.padded, halvesOf(row)) }

func (c *float16Coder) Score(rows []uintptr, scores []float32) {
	distance.DotF16Rows(c.padded, rows, scores)
}

// Bound adds up what rounding loses of each element: half of the last of 11 bits, or of the smallest subnormal number.
func (c *float16Coder) Bound() float32 {
	const relative, absolute = 0x1p-11, 0x1p-25
	return Norm(c.padded) * float32(MaxLength*relative+absolute*math.Sqrt(float64(c.dimension)))
}

// Deviation counts each element as off by up to 2⁻¹¹ of it, one amount as likely as another.
func (c *float16Coder) Deviation() float32 {
	const loss = 0x1p-11 / 1.732 // the root of 3
	return deviation(loss*Norm(c.padded), 0, c.dimension)
}

func halvesOf(row []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(row))), len(row)/2)
}
