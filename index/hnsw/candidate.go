package hnsw

import "math"

// candidate is a scored slot packed into one integer, so that "better" is ">": the score's bits, made to sort like the
// number, above the inverted slot, which lets the older of two equally good nodes win and makes every order total.
type candidate uint64

func newCandidate(score float32, slot uint32) candidate {
	b := math.Float32bits(score + 0) // turns -0 into +0, which must not rank differently
	if b>>31 != 0 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	return candidate(uint64(b)<<32 | uint64(^slot))
}

// noWorseThan returns the least of all candidates with a score.
func noWorseThan(score float32) candidate { return newCandidate(score, math.MaxUint32) }

func (c candidate) slot() uint32 { return ^uint32(c) }

func (c candidate) score() float32 {
	b := uint32(c >> 32)
	if b>>31 != 0 {
		b &^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

// heap is a binary heap with the smallest candidate at its root: the worst, or the best when it holds complements (^c).
type heap []candidate

func (h *heap) push(c candidate) {
	s := append(*h, c)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s[parent] <= c {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = c
	*h = s
}

func (h *heap) pop() candidate {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.replaceRoot(last)
	}
	return top
}

// replaceRoot puts c in the place of the root.
func (h heap) replaceRoot(c candidate) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[right] < h[child] {
			child = right
		}
		if h[child] >= c {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = c
}
