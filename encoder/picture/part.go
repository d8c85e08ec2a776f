package picture

import (
	"fmt"
	"math"
)

// Part is a part of an upright picture, in shares of its width and height from the left and the top. The zero Part is the
// whole picture.
type Part struct {
	Left, Top, Right, Bottom float64
}

// Whole is the picture as it is.
func Whole() Part { return Part{Right: 1, Bottom: 1} }

// Check returns what is wrong with a part, if anything.
func (p Part) Check() error {
	inside := func(low, high float64) bool { return low >= 0 && low < high && high <= 1 } // false for what is no number
	if p != (Part{}) && (!inside(p.Left, p.Right) || !inside(p.Top, p.Bottom)) {
		return fmt.Errorf("%v is no part of a picture: left and top come before right and bottom, from 0 to 1",
			[4]float64{p.Left, p.Top, p.Right, p.Bottom})
	}
	return nil
}

// within returns where a part begins on an axis of n pixels and how many of them it has, at least one.
func within(n int, low, high float64) (start, count int) {
	start = min(int(math.Round(low*float64(n))), n-1)
	return start, max(1, int(math.Round(high*float64(n)))-start)
}

// of cuts a raster to the part.
func (p Part) of(r raster) raster {
	if p == (Part{}) || p == Whole() {
		return r
	}
	x, width := within(r.width, p.Left, p.Right)
	y, height := within(r.height, p.Top, p.Bottom)
	line := make([]uint8, 3*r.width)
	return raster{width, height, func(row int, _ []uint8) []uint8 { return r.row(y+row, line)[3*x : 3*(x+width)] }}
}

// PreprocessPart is PreprocessFile for a part of the picture, which Check must have passed.
func (p *Preprocessor) PreprocessPart(f File, part Part, dst []float32) (err error) {
	r, err := f.upright()
	if err != nil {
		return err
	}
	defer recovered(f.Header.Format, &err)
	p.fillTensor(part.of(r), dst)
	return nil
}
