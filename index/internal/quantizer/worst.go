package quantizer

import (
	"math"
	"sync/atomic"
)

// worst is the greatest distance so far between a vector and what its row stands for. The zero value is none yet.
type worst struct {
	bits atomic.Uint32 // of the float; those of positive floats sort like the floats
}

func (w *worst) load() float32 { return math.Float32frombits(w.bits.Load()) }

// note takes a distance in.
func (w *worst) note(distance float32) {
	for b := math.Float32bits(distance); ; {
		old := w.bits.Load()
		if b <= old || w.bits.CompareAndSwap(old, b) {
			return
		}
	}
}
