package vectors

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"pinax/index"
)

// scannedTogether is the number of queries for which one pass over the vectors is made: a block of vectors stays in the
// cache while all of them are scored against it.
const scannedTogether = 32

// ScanAll is Scan for many queries. The cores share the queries.
func (s *Store) ScanAll(ctx context.Context, queries [][]float32, o index.SearchOptions, deviations float32) (
	[][]index.Neighbour, error,
) {
	for i, query := range queries {
		if err := s.CheckSearch(query, o); err != nil {
			return nil, fmt.Errorf("query %d: %w", i, err)
		}
	}
	found := make([][]index.Neighbour, len(queries))
	together := min(scannedTogether, max(1, (len(queries)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0)))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < len(queries); first += together {
		last := min(first+together, len(queries))
		group.Go(func() error {
			return s.scanTogether(ctx, queries[first:last], o, deviations, found[first:last])
		})
	}
	return found, group.Wait()
}

// scanTogether makes one pass for a few queries.
func (s *Store) scanTogether(
	ctx context.Context, queries [][]float32, o index.SearchOptions, deviations float32, found [][]index.Neighbour,
) error {
	guard := s.Enter()
	defer s.Leave(guard)
	contests := make([]*contest, len(queries))
	for i, query := range queries {
		q := s.NewQuery()
		defer s.Done(q)
		q.Ask(query)
		contests[i] = newContest(q, o.K, q.Margin(deviations))
	}
	block := make([]uint32, 0, scanBlock)
	score := func() error {
		for _, c := range contests {
			c.pending = append(c.pending[:0], block...)
			if err := c.score(ctx); err != nil {
				return err
			}
		}
		block = block[:0]
		return nil
	}
	err := s.eachSlot(ctx, o.Filter, func(slot uint32) error {
		if block = append(block, slot); len(block) < scanBlock {
			return nil
		}
		return score()
	})
	if err != nil {
		return err
	}
	if err := score(); err != nil {
		return err
	}
	for i, c := range contests {
		if found[i], err = c.result(ctx); err != nil {
			return err
		}
	}
	return nil
}
