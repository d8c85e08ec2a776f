//go:build linux

package main

import (
	"context"
	"fmt"

	"pinax/index"
)

// answers is what one pass over the queries found.
type answers struct {
	spent
	Queries int       `json:"queries"`
	Found   [][]int64 `json:"found"` // row numbers of each query's neighbours, best first
}

// search asks each query once, one after the other.
func (d *driver) search(r request) (any, error) {
	if d.index == nil {
		return nil, errNotBuilt
	}
	return d.ask(r, func(query []float32, accept *accepted) ([]index.Neighbour, error) {
		return d.index.Search(context.Background(), query, searchOptions(r, accept))
	})
}

// scan asks each query once without an index: it scores the rows that the filter accepts, whose list is at hand. That is
// the best that is possible when few rows match.
func (d *driver) scan(r request) (any, error) {
	if r.Filter == "" {
		return nil, fmt.Errorf("scan goes over the matches of a filter, and there is none")
	}
	return d.ask(r, func(query []float32, accept *accepted) ([]index.Neighbour, error) {
		return scanRows(d.base, query, accept.keys, orElse(r.K, neighbours)), nil
	})
}

func (d *driver) ask(r request, search func([]float32, *accepted) ([]index.Neighbour, error)) (any, error) {
	count := min(orElse(r.Queries, d.queries.rows()), d.queries.rows())
	accept, err := d.filters.of(r, count)
	if err != nil {
		return nil, err
	}
	a := answers{Queries: count, Found: make([][]int64, count)}
	found := make([][]index.Neighbour, count)
	a.spent, err = measured(func() (err error) {
		for i := range count {
			if found[i], err = search(d.queries.row(i), accept[i]); err != nil {
				return fmt.Errorf("query %d: %w", i, err)
			}
		}
		return nil
	})
	for i, list := range found {
		a.Found[i] = make([]int64, len(list))
		for j, n := range list {
			a.Found[i][j] = int64(n.Key)
		}
	}
	return a, err
}

// scanRows returns the k best of some rows, best first.
func scanRows(base vectors, query []float32, rows []uint32, k int) []index.Neighbour {
	best := make([]index.Neighbour, 0, k+1)
	for _, row := range rows {
		score := dot(query, base.row(int(row)))
		if len(best) == k && score <= best[k-1].Score {
			continue
		}
		at := len(best)
		best = append(best, index.Neighbour{})
		for ; at > 0 && best[at-1].Score < score; at-- {
			best[at] = best[at-1]
		}
		best[at] = index.Neighbour{Key: uint64(row), Score: score}
		best = best[:min(len(best), k)]
	}
	return best
}
