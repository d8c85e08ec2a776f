package distance

import "math"

// greatestCode is the greatest magnitude of a code that RoundInt8 writes.
const greatestCode = 127

// Greatest returns the greatest magnitude of the elements of v, which must be finite.
func Greatest(v []float32) float32 { return greatest(chosen, v) }

// RoundInt8 writes the elements of v times scale, rounded to the nearest integer (ties to even) from -127 to 127, to codes,
// and returns the sum of the squares of what that changed. The products must be finite. It panics when codes is shorter than v.
func RoundInt8(codes []int8, v []float32, scale float32) (lost float32) {
	return roundInt8(chosen, codes[:len(v)], v, scale)
}

func greatestGo(v []float32) float32 {
	var most float32
	for _, x := range v {
		most = max(most, x, -x)
	}
	return most
}

func roundInt8Go(codes []int8, v []float32, scale float32) (lost float32) {
	for i, x := range v {
		x *= scale
		n := float32(math.RoundToEven(float64(min(max(x, -greatestCode), greatestCode))))
		codes[i] = int8(n)
		lost += (x - n) * (x - n)
	}
	return lost
}
