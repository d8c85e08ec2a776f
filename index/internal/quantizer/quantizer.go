// Package quantizer turns vectors into rows of bytes that are small and quick to score. An index walks by the scores of
// rows and, unless a row holds its vector exactly, scores what it found again on the vectors.
//
//	q, err := quantizer.New(quantizer.Int8, 256)
//	c := q.NewCoder()
//	c.Encode(row, vector)
//	c.Ask(query)
//	c.Score(addresses, scores)
package quantizer

import (
	"fmt"
	"math"

	"pinax/index/distance"
)

// The quantizers by name.
const (
	None = "none" // float32 as they come
	F16  = "f16"  // half precision
	Int8 = "int8" // rotated, a byte an element
	Int4 = "int4" // rotated, half a byte an element
)

// MaxLength is the greatest length of a vector that is taken for one of length 1: encoders in half precision, and rounding,
// are off by less.
const MaxLength = 1.025

// Quantizer describes the rows of an index. It is safe for concurrent use.
type Quantizer interface {
	// RowBytes returns the size of a row.
	RowBytes() int
	// Exact tells whether a row holds its vector without loss.
	Exact() bool
	// NewCoder returns a Coder, which only one goroutine may use at a time.
	NewCoder() Coder
}

// Coder encodes vectors and scores rows against what was asked for last.
type Coder interface {
	// Encode fills row, [RowBytes], with the code of a vector: finite, of the quantizer's dimension, and, unless the
	// quantizer is exact, of length 1 or 0.
	Encode(row []byte, vector []float32)
	// Ask makes a vector of any length the one to score against. It must stay unchanged until the next.
	Ask(vector []float32)
	// AskRow makes the vector of a row the one to score against. The row must stay unchanged until the next.
	AskRow(row []byte)
	// Score writes the inner product of what was asked for with the row at each address, as far as rows can tell. Rows
	// with the same bytes get the same score.
	Score(rows []uintptr, scores []float32)
	// Bound returns by how much a score of what Ask was given can at most differ from the true one, but for the rounding of
	// float32.
	Bound() float32
	// Deviation returns by how much it usually does: the standard deviation.
	Deviation() float32
}

// New returns the quantizer of a name for vectors with dimension elements.
func New(name string, dimension int) (Quantizer, error) {
	switch name {
	case None:
		return newFull(dimension), nil
	case F16:
		return newFloat16(dimension), nil
	case Int8:
		return newInt8(dimension), nil
	case Int4:
		return newInt4(dimension), nil
	}
	return nil, fmt.Errorf("there is no quantizer %q: it is one of %s, %s, %s and %s", name, None, F16, Int8, Int4)
}

// deviation returns how far the inner product of two vectors is usually off when they are, by that much in directions of
// their own. Of a vector in a random direction, the part along another has the length divided by the root of the dimension.
func deviation(a, b float32, dimension int) float32 {
	return float32(math.Sqrt(float64(a*a+b*b) / float64(dimension)))
}

// Norm returns the length of a vector (L2).
func Norm(v []float32) float32 {
	square := float64(distance.Dot(v, v))
	if square < 0x1p-80 || square > 0x1p80 { // single squares may have vanished, or overflowed
		square = 0
		for _, x := range v {
			square += float64(x) * float64(x)
		}
	}
	return float32(math.Sqrt(square))
}

// roundUp returns n as a multiple of step.
func roundUp(n, step int) int { return (n + step - 1) / step * step }
