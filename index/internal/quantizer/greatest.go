package quantizer

import (
	"math"
	"sync/atomic"
)

// Greatest is the greatest of some positive numbers. The zero value is that of none. It is safe for concurrent use.
type Greatest struct {
	bits atomic.Uint32 // of the float; those of positive floats sort like the floats
}

// Load returns the greatest so far.
func (g *Greatest) Load() float32 { return math.Float32frombits(g.bits.Load()) }

// Note takes a number in.
func (g *Greatest) Note(x float32) {
	for b := math.Float32bits(x); ; {
		old := g.bits.Load()
		if b <= old || g.bits.CompareAndSwap(old, b) {
			return
		}
	}
}
