package distance

import "math"

// Hadamard replaces v by its Walsh–Hadamard transform, scaled by 1/√len(v) so that lengths and inner products stay as
// they are (and a second call gives v back, but for rounding). Element k becomes Σᵢ ±vᵢ/√n, negative where k and i have
// an odd number of bits in common: Hadamard's, not Walsh's, order. It takes n·log₂n additions. It panics unless len(v)
// is a power of two. The result has the same bits on every machine.
func Hadamard(v []float32) {
	hadamard(chosen, v)
}

func checkHadamard(v []float32) {
	if n := len(v); n == 0 || n&(n-1) != 0 {
		panic("distance: Hadamard needs a length that is a power of two")
	}
}

func hadamardScale(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }

func hadamardGo(v []float32) {
	scale := hadamardScale(len(v))
	for i := range v {
		v[i] *= scale
	}
	for half := 1; half < len(v); half *= 2 {
		for from := 0; from < len(v); from += 2 * half {
			low, high := v[from:from+half], v[from+half:from+2*half]
			for i, x := range low {
				y := high[i]
				low[i], high[i] = x+y, x-y
			}
		}
	}
}
