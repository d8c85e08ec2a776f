package quantizer

import (
	"unsafe"

	"pinax/index/distance"
)

// PaddedFloats returns a number of elements rounded up to whole cache lines of float32, on which kernels run without a tail.
func PaddedFloats(dimension int) int { return roundUp(dimension, lineBytes/4) }

// full keeps vectors as they are, with zeros up to a whole cache line.
type full struct {
	dimension, stride int
}

func newFull(dimension int) *full {
	return &full{dimension: dimension, stride: PaddedFloats(dimension)}
}

func (f *full) RowBytes() int   { return 4 * f.stride }
func (f *full) Exact() bool     { return true }
func (f *full) NewCoder() Coder { return &fullCoder{padded: make([]float32, f.stride)} }

type fullCoder struct {
	padded []float32
	query  []float32 // padded, or a row
}

func (c *fullCoder) Encode(row []byte, vector []float32) {
	floats := floatsOf(row)
	clear(floats[copy(floats, vector):])
}

func (c *fullCoder) Ask(vector []float32) {
	clear(c.padded[copy(c.padded, vector):])
	c.query = c.padded
}

func (c *fullCoder) AskRow(row []byte) { c.query = floatsOf(row) }

func (c *fullCoder) Score(rows []uintptr, scores []float32) { distance.DotRows(c.query, rows, scores) }

func (c *fullCoder) Bound() float32     { return 0 }
func (c *fullCoder) Deviation() float32 { return 0 }

// floatsOf returns the elements of a row; rows are aligned.
func floatsOf(row []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(row))), len(row)/4)
}
