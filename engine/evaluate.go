package engine

import (
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Retrieval sums up how well queries find their own partner among all candidates.
type Retrieval struct {
	Queries    int     `json:"queries"`
	Recall1    float64 `json:"recall_at_1"`
	Recall5    float64 `json:"recall_at_5"`
	Recall10   float64 `json:"recall_at_10"`
	MedianRank float64 `json:"median_rank"` // from 1
}

// Ranks returns for every query i the rank, from 1, of candidate i: one more than the candidates that score strictly
// higher. Both are [n][dimension] and L2-normalised.
func Ranks(queries, candidates [][]float32) []int {
	ranks := make([]int, len(queries))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, q := range queries {
		g.Go(func() error {
			own := dot(q, candidates[i])
			rank := 1
			for j, c := range candidates {
				if j != i && dot(q, c) > own {
					rank++
				}
			}
			ranks[i] = rank
			return nil
		})
	}
	_ = g.Wait() // none of them fails
	return ranks
}

// Summarise turns ranks, from 1, into recalls and their median. A rank of 0 means: not found.
func Summarise(ranks []int) Retrieval {
	r := Retrieval{Queries: len(ranks)}
	if len(ranks) == 0 {
		return r
	}
	within := func(k int) float64 {
		n := 0
		for _, rank := range ranks {
			if rank >= 1 && rank <= k {
				n++
			}
		}
		return float64(n) / float64(len(ranks))
	}
	r.Recall1, r.Recall5, r.Recall10 = within(1), within(5), within(10)
	r.MedianRank = median(ranks)
	return r
}

// median counts what was not found as ranking behind everything; it is 0 when the median itself was not found.
func median(ranks []int) float64 {
	sorted := slices.Clone(ranks)
	slices.SortFunc(sorted, func(a, b int) int {
		switch {
		case a == b:
			return 0
		case b == 0 || a != 0 && a < b:
			return -1
		}
		return 1
	})
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	if low == 0 || high == 0 {
		return 0
	}
	return float64(low+high) / 2
}

func dot(a, b []float32) float32 {
	var sum float32
	b = b[:len(a)]
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}
