package fusion

import (
	"cmp"
	"slices"
)

// Recall returns how many of the k nearest vectors by cosine are still among the k nearest when all are projected, as a
// share from 0 to 1. Every vector of queries asks, and must not be among the others: it would find itself.
func (p *Projection) Recall(vectors, queries [][]float32, k int) float64 {
	short := make([][]float32, len(vectors))
	for i, v := range vectors {
		short[i] = p.Apply(v)
	}
	k = min(k, len(vectors))
	if k == 0 || len(queries) == 0 {
		return 0
	}
	var found int
	for _, q := range queries {
		want := nearest(vectors, q, k)
		for _, i := range nearest(short, p.Apply(q), k) {
			if slices.Contains(want, i) {
				found++
			}
		}
	}
	return float64(found) / float64(k*len(queries))
}

// nearest returns the places of the k vectors with the largest inner products.
func nearest(vectors [][]float32, q []float32, k int) []int {
	scores := make([]float64, len(vectors))
	order := make([]int, len(vectors))
	for i, v := range vectors {
		order[i] = i
		for j := range min(len(v), len(q)) { // a vector of which nothing is left has no elements
			scores[i] += float64(v[j]) * float64(q[j])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order[:k]
}
