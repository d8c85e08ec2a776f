package embedded

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
)

// keySet is a set of entry keys, one bit each. They come from a growing sequence and so lie close together.
type keySet map[uint64]*[keySetPage / 64]uint64

// keySetPage is how many consecutive keys share one allocation.
const keySetPage = 4096

func (s keySet) add(key uint64) {
	page := s[key/keySetPage]
	if page == nil {
		page = new([keySetPage / 64]uint64)
		s[key/keySetPage] = page
	}
	page[key%keySetPage/64] |= 1 << (key % 64)
}

func (s keySet) remove(key uint64) {
	if page := s[key/keySetPage]; page != nil {
		page[key%keySetPage/64] &^= 1 << (key % 64)
	}
}

// ascending yields the keys, the lowest first.
func (s keySet) ascending() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for _, number := range slices.Sorted(maps.Keys(s)) {
			for i, word := range s[number] {
				for ; word != 0; word &= word - 1 {
					if !yield(number*keySetPage + uint64(64*i+bits.TrailingZeros64(word))) {
						return
					}
				}
			}
		}
	}
}
