package onnx

import "math"

// half is an IEEE 754 binary16 number: a sign, 5 bits of exponent with bias 15, 10 bits of fraction.
type half uint16

// toHalf rounds to the nearest half, ties to even, as hardware does. What is beyond the largest half becomes infinite.
func toHalf(x float32) half {
	const (
		infinite = 0xff << 23       // of a float32
		overflow = (127 + 16) << 23 // 2¹⁶, from where on everything is infinite; rounding carries 65520 and more to it
		normal   = (127 - 14) << 23 // 2⁻¹⁴, the least normal half
		rebias   = (127 - 15) << 23 // difference of the exponents' biases
	)
	bits := math.Float32bits(x)
	sign := half(bits>>16) & 0x8000
	switch bits &= 0x7fffffff; {
	case bits > infinite:
		return sign | 0x7e00 // a quiet NaN
	case bits >= overflow:
		return sign | 0x7c00
	case bits < normal:
		// Adding ½ leaves the fraction of a subnormal half in the lowest bits, rounded by the processor.
		return sign | half(math.Float32bits(math.Float32frombits(bits)+0.5)-math.Float32bits(0.5))
	}
	bits += 0xfff + bits>>13&1 - rebias // half of the last place, or a little less when that is even
	return sign | half(bits>>13)
}

// float32 is exact: every half is a float32.
func (h half) float32() float32 {
	const infinite = 0x1f << 10
	sign := uint32(h&0x8000) << 16
	switch bits := uint32(h & 0x7fff); {
	case bits >= infinite:
		return math.Float32frombits(sign | 0xff<<23 | bits<<13&0x7fffff)
	case bits < 1<<10: // subnormal: a multiple of 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(bits)*0x1p-24))
	default:
		return math.Float32frombits(sign | (bits<<13 + (127-15)<<23))
	}
}

// appendHalves appends x, rounded.
func appendHalves(halves []half, x []float32) []half {
	for _, v := range x {
		halves = append(halves, toHalf(v))
	}
	return halves
}

// widen sets dst to the halves, which are as many.
func widen(dst []float32, halves []half) {
	for i, h := range halves {
		dst[i] = h.float32()
	}
}
