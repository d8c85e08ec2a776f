// Package topk keeps the best neighbours of a stream.
//
//	best := topk.New(10)
//	best.Offer(key, score)
//	found := best.Sorted()
package topk

import (
	"cmp"
	"slices"

	"pinax/index"
)

// Compare orders neighbours best first: by falling score, equal scores by rising key.
func Compare(a, b index.Neighbour) int {
	if c := cmp.Compare(b.Score, a.Score); c != 0 {
		return c
	}
	return cmp.Compare(a.Key, b.Key)
}

// Heap holds the best k neighbours offered so far, the worst of them at the root.
type Heap struct {
	k    int
	best []index.Neighbour
}

// New returns an empty Heap for k neighbours, k at least 1. Memory grows with what is offered, not with k.
func New(k int) *Heap {
	return &Heap{k: k, best: make([]index.Neighbour, 0, min(k, 256))}
}

// Offer adds a neighbour unless k better ones are held.
func (h *Heap) Offer(key uint64, score float32) {
	n := index.Neighbour{Key: key, Score: score}
	switch {
	case len(h.best) < h.k:
		h.best = append(h.best, n)
		h.up(len(h.best) - 1)
	case Compare(n, h.best[0]) < 0:
		h.best[0] = n
		h.down(0)
	}
}

// Worst returns the worst neighbour held, and whether it is the k-th best of those offered. There is none before the first.
func (h *Heap) Worst() (n index.Neighbour, full bool) {
	if len(h.best) == 0 {
		return index.Neighbour{}, false
	}
	return h.best[0], len(h.best) == h.k
}

// Sorted returns the neighbours held, best first, and leaves the heap unusable.
func (h *Heap) Sorted() []index.Neighbour {
	slices.SortFunc(h.best, Compare)
	return h.best
}

func (h *Heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if Compare(h.best[i], h.best[parent]) <= 0 {
			return
		}
		h.best[i], h.best[parent] = h.best[parent], h.best[i]
		i = parent
	}
}

func (h *Heap) down(i int) {
	for {
		worst := 2*i + 1
		if worst >= len(h.best) {
			return
		}
		if right := worst + 1; right < len(h.best) && Compare(h.best[right], h.best[worst]) > 0 {
			worst = right
		}
		if Compare(h.best[worst], h.best[i]) <= 0 {
			return
		}
		h.best[i], h.best[worst] = h.best[worst], h.best[i]
		i = worst
	}
}
