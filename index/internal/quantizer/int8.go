package quantizer

import (
	"math"
	"slices"
	"unsafe"

	"pinax/index/distance"
)

const (
	lineBytes = 64
	// clipDeviations is where elements of a rotated unit vector are cut off, in standard deviations: one in 30,000 is
	// beyond. One range for all vectors saves the memory access that a scale for each would cost.
	clipDeviations = 4.15
	// greatestCode is that of an element at the end of the range.
	greatestCode = 127
	// leastStep has an inverse that is a float32.
	leastStep = 1e-38
)

// int8s keeps rotated unit vectors with one signed byte an element, with zeros up to a whole cache line.
type int8s struct {
	rotation  rotation
	dimension int
	stride    int
	step      float32  // between two codes
	worst     Greatest // distance between a vector and what its row stands for
}

func newInt8(dimension int) *int8s {
	clip := min(1, clipDeviations/math.Sqrt(float64(dimension)))
	return &int8s{
		rotation:  newRotation(dimension),
		dimension: dimension,
		stride:    roundUp(dimension, lineBytes),
		step:      float32(clip / greatestCode),
	}
}

func (q *int8s) RowBytes() int { return q.stride }
func (q *int8s) Exact() bool   { return false }

func (q *int8s) NewCoder() Coder {
	return &int8Coder{int8s: q, rotated: make([]float32, q.dimension), own: make([]int8, q.stride)}
}

// loss is how far a row usually is from its vector: each element is off by up to half a step, one amount as likely as
// another.
func (q *int8s) loss() float32 { return q.step * float32(math.Sqrt(float64(q.dimension)/12)) }

type int8Coder struct {
	*int8s
	rotated   []float32
	own       []int8 // the codes of what Ask was given
	query     []int8 // own, or a row
	scale     float32
	bound     float32
	deviation float32
	whole     []int32
}

func (c *int8Coder) Encode(row []byte, vector []float32) {
	c.rotation.apply(c.rotated, vector)
	codes := codesOf(row)
	clear(codes[c.dimension:])
	c.worst.Note(quantize(codes, c.rotated, c.step))
}

// Ask gives the query a step of its own: its elements need not fit the range of the rows.
func (c *int8Coder) Ask(vector []float32) {
	c.rotation.apply(c.rotated, vector)
	step, lost := quantizeAlone(c.own, c.rotated)
	c.query, c.scale = c.own, step*c.step
	length, w := Norm(c.rotated), c.worst.Load()
	c.bound = w*length + lost*(MaxLength+w)
	c.deviation = deviation(c.loss()*length, lost, c.dimension)
}

func (c *int8Coder) AskRow(row []byte) { c.query, c.scale = codesOf(row), c.step*c.step }

func (c *int8Coder) Score(rows []uintptr, scores []float32) {
	c.whole = grown(c.whole, len(rows))
	distance.DotInt8Rows(c.query, rows, c.whole)
	for i, n := range c.whole {
		scores[i] = float32(n) * c.scale
	}
}

func (c *int8Coder) Bound() float32     { return c.bound }
func (c *int8Coder) Deviation() float32 { return c.deviation }

// quantizeAlone is quantize with the step that makes the greatest element of v just fit. It returns the step too.
func quantizeAlone(codes []int8, v []float32) (step, lost float32) {
	step = distance.Greatest(v) / greatestCode
	if step < leastStep { // zero, or too small to divide by
		clear(codes)
		return 1, Norm(v)
	}
	return step, quantize(codes, v, step)
}

// quantize writes the code of each element of v, a multiple of step, and returns the distance between v and what the codes
// stand for.
func quantize(codes []int8, v []float32, step float32) float32 {
	lost := distance.RoundInt8(codes, v, 1/step) // in squares of the step, which may be too small to square
	return step * float32(math.Sqrt(float64(lost)))
}

func codesOf(row []byte) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(row))), len(row))
}

// grown returns a slice of length n, s if it is long enough.
func grown(s []int32, n int) []int32 { return slices.Grow(s[:0], n)[:n] }
