package quantizer

import (
	"math/bits"
	"math/rand/v2"

	"pinax/index/distance"
)

// rotation turns vectors by an orthogonal map that looks random: signs, then a Hadamard transform (Ailon and Chazelle,
// "The fast Johnson-Lindenstrauss transform", 2009). Inner products stay, and every element becomes a mixture of all, so
// that the few elements that stand out in the vectors of many encoders no longer decide how finely the others are told
// apart.
type rotation struct {
	signs []float32 // ±1
	block int       // the largest power of two up to the dimension
}

// rotationSeed is fixed: codes are not stored, but the same vectors should always get the same ones.
const rotationSeed = 1

func newRotation(dimension int) rotation {
	random := rand.New(rand.NewPCG(rotationSeed, uint64(dimension)))
	r := rotation{signs: make([]float32, dimension), block: 1 << (bits.Len(uint(dimension)) - 1)}
	for i := range r.signs {
		r.signs[i] = float32(2*random.IntN(2) - 1)
	}
	return r
}

// apply rotates v into out, both [dimension]. A dimension that is no power of two is turned in two overlapping blocks.
func (r rotation) apply(out, v []float32) {
	for i, sign := range r.signs {
		out[i] = v[i] * sign
	}
	distance.Hadamard(out[:r.block])
	if n := len(r.signs); n > r.block {
		distance.Hadamard(out[n-r.block:])
	}
}
