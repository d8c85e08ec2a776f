package quantizer

import (
	"bytes"
	"encoding/binary"
	"math"
	"unsafe"

	"pinax/index/distance"
)

const (
	// int4Levels is the number of codes. They stand for odd multiples of half a step: none is zero, and all of them serve.
	int4Levels = 16
	// int4Clip is where elements of a rotated unit vector are cut off, in standard deviations: where 16 equal steps lose
	// least of what is normally distributed (Max, "Quantizing for minimum distortion", 1960).
	int4Clip = 2.7
	// int4Loss is what they lose, by length: the root of the mean squared error of such an element.
	int4Loss = 0.108
)

// int4s keeps rotated unit vectors with half a byte an element, in blocks of a cache line. One range serves all vectors, as
// with int8s.
type int4s struct {
	rotation  rotation
	dimension int
	elements  int       // with those that fill up the last block
	step      float32   // between two codes
	worst     Greatest  // distance between a vector and what its row stands for
	row       []byte    // of ones
	ones      []uintptr // its address
}

func newInt4(dimension int) *int4s {
	clip := min(1, int4Clip/math.Sqrt(float64(dimension)))
	q := &int4s{
		rotation:  newRotation(dimension),
		dimension: dimension,
		elements:  roundUp(dimension, distance.Int4Block),
		step:      float32(2 * clip / int4Levels),
	}
	q.row = bytes.Repeat([]byte{0x11}, q.RowBytes())
	q.ones = []uintptr{uintptr(unsafe.Pointer(unsafe.SliceData(q.row)))}
	return q
}

func (q *int4s) RowBytes() int { return q.elements / 2 }
func (q *int4s) Exact() bool   { return false }

func (q *int4s) NewCoder() Coder {
	return &int4Coder{int4s: q, rotated: make([]float32, q.dimension), query: make([]int8, q.elements)}
}

type int4Coder struct {
	*int4s
	rotated   []float32
	query     []int8
	offset    int32 // what twice a sum is too great by: rows stand for 2·code - 15
	scale     float32
	bound     float32
	deviation float32
	whole     []int32
}

func (c *int4Coder) Encode(row []byte, vector []float32) {
	c.rotation.apply(c.rotated, vector)
	clear(row)
	inverse := 1 / c.step
	var lost float32
	for i, x := range c.rotated {
		code := byte(min(max(x*inverse+int4Levels/2, 0), int4Levels-1))
		d := x - (float32(code)-(int4Levels-1)/2.)*c.step
		lost += d * d
		at, shift := int4Place(i)
		row[at] |= code << shift
	}
	c.worst.Note(float32(math.Sqrt(float64(lost))))
}

// int4Place returns the byte of element i in a row, and by how many bits it is shifted there, as distance.DotInt4Rows has it.
func int4Place(i int) (at, shift int) {
	const half = distance.Int4Block / 2
	return i/distance.Int4Block*half + i%half, i / half % 2 * 4
}

// Ask gives the query a byte an element: that costs no memory access.
func (c *int4Coder) Ask(vector []float32) {
	c.rotation.apply(c.rotated, vector)
	step, lost := quantizeAlone(c.query, c.rotated)
	c.ask(step)
	length, w := Norm(c.rotated), c.worst.Load()
	c.bound = w*length + lost*(MaxLength+w)
	c.deviation = deviation(int4Loss*length, lost, c.dimension)
}

// AskRow makes odd numbers of the codes, half a step each. Linking asks for a row for every few that it scores, so it takes
// eight bytes at a time.
func (c *int4Coder) AskRow(row []byte) {
	const half = distance.Int4Block / 2
	query := bytesOf(c.query)
	for ; len(row) > 0; row, query = row[half:], query[distance.Int4Block:] {
		for i := 0; i < half; i += 8 {
			pairs := binary.NativeEndian.Uint64(row[i:])
			binary.NativeEndian.PutUint64(query[i:], oddOf(pairs&lowerHalves))
			binary.NativeEndian.PutUint64(query[half+i:], oddOf(pairs>>4&lowerHalves))
		}
	}
	clear(c.query[c.dimension:])
	c.ask(c.step / 2)
}

const (
	eachByte    = 0x01010101_01010101
	lowerHalves = 0x0F * eachByte
)

// oddOf returns eight times 2·code - 15, as bytes with a sign: less 15, and less 128, which the top bit takes back.
func oddOf(codes uint64) uint64 {
	const lessFifteen = 0x80 - (int4Levels - 1)
	return (codes<<1 + lessFifteen*eachByte) ^ 0x80*eachByte
}

// ask prepares scoring against query, whose codes are multiples of step.
func (c *int4Coder) ask(step float32) {
	var sum [1]int32
	distance.DotInt4Rows(c.query, c.ones, sum[:])
	c.offset = (int4Levels - 1) * sum[0]
	c.scale = step * c.step / 2
}

func (c *int4Coder) Score(rows []uintptr, scores []float32) {
	c.whole = grown(c.whole, len(rows))
	distance.DotInt4Rows(c.query, rows, c.whole)
	for i, n := range c.whole {
		scores[i] = float32(2*n-c.offset) * c.scale
	}
}

func (c *int4Coder) Bound() float32     { return c.bound }
func (c *int4Coder) Deviation() float32 { return c.deviation }

func bytesOf(codes []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(codes))), len(codes))
}
