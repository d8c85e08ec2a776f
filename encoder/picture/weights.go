package picture

import (
	"math"
	"sync"
)

// precision is the number of fractional bits of a weight: Pillow leaves 8 bits for the sample and 2 for overshoot.
const precision = 32 - 8 - 2

// weights say how each output sample of one axis is made from input samples, in fixed point.
type weights struct {
	taps []tap
	k    []int32 // weights of all taps, one after the other; each tap's sum to 1<<precision
}

// tap is one output sample: the weighted sum of count inputs from first on.
type tap struct {
	first, count, offset int // offset into weights.k
}

func (w *weights) of(t tap) []int32 { return w.k[t.offset : t.offset+t.count] }

// inputs is the range of input samples that any output needs.
func (w *weights) inputs() (from, to int) {
	last := w.taps[len(w.taps)-1]
	return w.taps[0].first, last.first + last.count
}

// newWeights computes the outputs from..to (of out in total) of an axis with in input samples, as precompute_coeffs and
// normalize_coeffs_8bpc in Pillow's Resample.c do: same operations in the same order, so that rounding agrees.
func newWeights(in, out, from, to int, f Filter) *weights {
	if f == Nearest {
		return nearestWeights(in, out, from, to)
	}
	if in == out {
		return identityWeights(from, to) // Pillow skips an axis that keeps its size, whatever the filter
	}
	scale := float64(in) / float64(out)
	filterScale := max(scale, 1)
	support := f.support() * filterScale
	inverse := 1 / filterScale
	w := &weights{taps: make([]tap, 0, to-from)}
	var raw []float64
	for i := from; i < to; i++ {
		centre := (float64(i) + 0.5) * scale
		first := max(0, int(centre-support+0.5))
		end := min(in, int(centre+support+0.5))
		raw = raw[:0]
		sum := 0.0
		for x := first; x < end; x++ {
			v := f.at((float64(x) - centre + 0.5) * inverse)
			raw = append(raw, v)
			sum += v
		}
		w.taps = append(w.taps, tap{first: first, count: len(raw), offset: len(w.k)})
		for _, v := range raw {
			if sum != 0 {
				v /= sum
			}
			w.k = append(w.k, fixed(v))
		}
	}
	return w
}

func fixed(v float64) int32 { return int32(math.Copysign(0.5, v) + float64(v*(1<<precision))) }

func identityWeights(from, to int) *weights {
	w := &weights{taps: make([]tap, 0, to-from), k: []int32{1 << precision}}
	for i := from; i < to; i++ {
		w.taps = append(w.taps, tap{first: i, count: 1})
	}
	return w
}

// nearestWeights picks single samples. Pillow adds the step up instead of multiplying (ImagingScaleAffine), and so does
// this: the accumulated rounding decides ties.
func nearestWeights(in, out, from, to int) *weights {
	w := &weights{taps: make([]tap, 0, to-from), k: []int32{1 << precision}}
	step := float64(in) / float64(out)
	at := step * 0.5
	for i := range to {
		if i >= from {
			w.taps = append(w.taps, tap{first: min(int(at), in-1), count: 1})
		}
		at += step
	}
	return w
}

// weightsCache keeps the weights of sizes that come again: a catalogue has few. It forgets everything when it is full,
// which costs one recomputation a size.
type weightsCache struct {
	mu   sync.Mutex
	m    map[axis]*weights
	held int // numbers in all weights
}

// axis is the resizing of one dimension.
type axis struct {
	in, out  int
	from, to int // outputs that are wanted
	filter   Filter
}

const maxCachedWeights = 1 << 19 // numbers, so 4 MiB at most

func (c *weightsCache) get(a axis) *weights {
	c.mu.Lock()
	w, ok := c.m[a]
	c.mu.Unlock()
	if ok {
		return w
	}
	w = newWeights(a.in, a.out, a.from, a.to, a.filter)
	size := len(w.k) + 3*len(w.taps)
	if size > maxCachedWeights/8 {
		return w
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || c.held+size > maxCachedWeights {
		c.m, c.held = make(map[axis]*weights), 0
	}
	if _, ok := c.m[a]; !ok { // another goroutine may have been as quick
		c.m[a] = w
		c.held += size
	}
	return w
}
