package picture

import "math"

// Filter is a resampling filter. The numbers are Pillow's, as "resample" in preprocessor_config.json has them.
type Filter int

// The filters.
const (
	Nearest  Filter = 0
	Lanczos  Filter = 1
	Bilinear Filter = 2
	Bicubic  Filter = 3 // Keys' cubic with a = −0.5
	Box      Filter = 4
	Hamming  Filter = 5
)

// support is the filter's half width in pixels of the coarser of the two grids.
func (f Filter) support() float64 {
	switch f {
	case Lanczos:
		return 3
	case Bicubic:
		return 2
	case Bilinear, Hamming:
		return 1
	default:
		return 0.5
	}
}

// at evaluates the filter. Products are converted to float64 before they are added, which forbids fused multiply-add:
// the weights, rounded to fixed point, must be the same on every processor.
func (f Filter) at(x float64) float64 {
	switch f {
	case Lanczos:
		if -3 <= x && x < 3 {
			return sinc(x) * sinc(x/3)
		}
		return 0
	case Bilinear:
		return max(0, 1-math.Abs(x))
	case Bicubic:
		return keysCubic(math.Abs(x))
	case Hamming:
		x = math.Abs(x)
		switch {
		case x == 0:
			return 1
		case x >= 1:
			return 0
		}
		x *= math.Pi
		return math.Sin(x) / x * (0.54 + float64(0.46*math.Cos(x)))
	default:
		if -0.5 < x && x <= 0.5 {
			return 1
		}
		return 0
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// keysCubic is R. Keys, "Cubic convolution interpolation for digital image processing" (1981), eq. 15, for x ≥ 0.
func keysCubic(x float64) float64 {
	const a = -0.5
	switch {
	case x < 1:
		return float64((float64((a+2)*x)-(a+3))*x*x) + 1
	case x < 2:
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}
