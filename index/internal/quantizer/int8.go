package quantizer

import (
	"math"
	"sync/atomic"
	"unsafe"

	"pinax/index/distance"
)

const (
	lineBytes = 64
	// clipDeviations is where elements of a rotated unit vector are cut off, in standard deviations: one in 30,000 is
	// beyond. One range for all vectors saves the memory access that a scale for each would cost.
	clipDeviations = 4.15
)

// int8s keeps rotated unit vectors with one signed byte an element, with zeros up to a whole cache line.
type int8s struct {
	rotation  rotation
	dimension int
	stride    int
	step      float32       // between two codes
	worst     atomic.Uint32 // bits of the greatest distance so far between a vector and what its row stands for
}

func newInt8(dimension int) *int8s {
	clip := min(1, clipDeviations/math.Sqrt(float64(dimension)))
	return &int8s{
		rotation:  newRotation(dimension),
		dimension: dimension,
		stride:    roundUp(dimension, lineBytes),
		step:      float32(clip / 127),
	}
}

func (q *int8s) RowBytes() int { return q.stride }
func (q *int8s) Exact() bool   { return false }

func (q *int8s) NewCoder() Coder {
	return &int8Coder{int8s: q, rotated: make([]float32, q.dimension), own: make([]int8, q.stride)}
}

// noteError raises worst. Bits of positive floats sort like the floats.
func (q *int8s) noteError(e float32) {
	for b := math.Float32bits(e); ; {
		old := q.worst.Load()
		if b <= old || q.worst.CompareAndSwap(old, b) {
			return
		}
	}
}

type int8Coder struct {
	*int8s
	rotated []float32
	own     []int8 // the codes of what Ask was given
	query   []int8 // own, or a row
	scale   float32
	bound   float32
	whole   []int32
}

func (c *int8Coder) Encode(row []byte, vector []float32) {
	c.rotation.apply(c.rotated, vector)
	codes := codesOf(row)
	clear(codes[c.dimension:])
	c.noteError(quantize(codes, c.rotated, c.step))
}

// Ask gives the query a step of its own: its elements need not fit the range of the rows.
func (c *int8Coder) Ask(vector []float32) {
	c.rotation.apply(c.rotated, vector)
	var most float32
	for _, x := range c.rotated {
		most = max(most, x, -x)
	}
	step := most / 127
	if step < math.SmallestNonzeroFloat32*127 { // zero, or too small to divide by
		step = 1
	}
	lost := quantize(c.own, c.rotated, step)
	worst := math.Float32frombits(c.worst.Load())
	c.query, c.scale = c.own, step*c.step
	c.bound = worst*norm(c.rotated) + lost*(1+worst)
}

func (c *int8Coder) AskRow(row []byte) { c.query, c.scale = codesOf(row), c.step*c.step }

func (c *int8Coder) Score(rows []uintptr, scores []float32) {
	if cap(c.whole) < len(rows) {
		c.whole = make([]int32, 2*len(rows))
	}
	whole := c.whole[:len(rows)]
	distance.DotInt8Rows(c.query, rows, whole)
	for i, n := range whole {
		scores[i] = float32(n) * c.scale
	}
}

func (c *int8Coder) Bound() float32 { return c.bound }

// quantize writes the code of each element of v, a multiple of step, and returns the distance between v and what the codes
// stand for.
func quantize(codes []int8, v []float32, step float32) float32 {
	inverse := 1 / step
	var lost float32
	for i, x := range v {
		n := float32(math.RoundToEven(float64(min(max(x*inverse, -127), 127))))
		codes[i] = int8(n)
		d := x - n*step
		lost += d * d
	}
	return float32(math.Sqrt(float64(lost)))
}

func codesOf(row []byte) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(row))), len(row))
}
