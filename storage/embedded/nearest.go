package embedded

import (
	"context"
	"errors"
	"time"

	"pinax/engine"
	"pinax/index"
)

// Nearest returns the items whose entries are nearest to a vector, best first, each item once with its best entry.
func (s *Store) Nearest(ctx context.Context, collection string, q engine.VectorQuery) ([]engine.Match, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	c, err := s.named(collection)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(q, c.dimension()); err != nil {
		return nil, err
	}
	start := time.Now()
	matches, err := c.nearest(ctx, q)
	if err != nil {
		return nil, classifySearch(err)
	}
	s.options.Observer.Observe(engine.StageSearch, time.Since(start), 1)
	return matches, nil
}

func checkQuery(q engine.VectorQuery, dimension int) error {
	switch _, ok := modalityCode(q.Modality); {
	case !ok:
		return errModality(q.Modality)
	case q.Limit < 1:
		return engine.Errorf(engine.CodeInvalid, "a limit of %d is less than 1", q.Limit)
	case q.Ef < 0:
		return engine.Errorf(engine.CodeInvalid, "an ef of %d is less than 0", q.Ef)
	}
	return checkVector(q.Vector, dimension)
}

func classifySearch(err error) error {
	switch {
	case errors.Is(err, index.ErrDimension):
		return engine.Errorf(engine.CodeDimension, "%w", err)
	case errors.Is(err, index.ErrNotFinite):
		return engine.Errorf(engine.CodeInvalid, "%w", err)
	}
	return classify("searching", err)
}

// widening is by how much a search that found too few items asks for more entries.
const widening = 4

// nearest asks for about as many entries as the wanted items have, and for more while entries of the same or of excluded
// items leave it short.
func (c *collection) nearest(ctx context.Context, q engine.VectorQuery) ([]engine.Match, error) {
	sp := c.spaces[q.Modality]
	defer sp.searches.begin()()
	x := sp.index
	k := (q.Limit + len(q.Exclude)) * c.entriesPerItem(q.Modality)
	for {
		o := index.SearchOptions{K: k, Ef: q.Ef, Recall: q.Recall, Exact: q.Exact}
		all := k >= x.Len()
		if all {
			// A graph walk may miss what it cannot reach; a caller who asks for everything wants everything.
			o.K, o.Exact = max(1, x.Len()), true
		}
		found, err := x.Search(ctx, q.Vector, o)
		if err != nil {
			return nil, err
		}
		matches := c.matches(found, q)
		if all || len(matches) == q.Limit {
			return matches, nil
		}
		k *= widening
	}
}

// entriesPerItem is the mean number of entries of an item in one modality, rounded up, and at most 8: a few items with
// very many entries should not make every search wide.
func (c *collection) entriesPerItem(m engine.Modality) int {
	items := max(1, int(c.items.Load()))
	return min(8, max(1, (c.spaces[m].index.Len()+items-1)/items))
}

// matches keeps the best entry of each item that is not excluded.
func (c *collection) matches(found []index.Neighbour, q engine.VectorQuery) []engine.Match {
	seen := make(map[string]struct{}, len(found)+len(q.Exclude))
	for _, id := range q.Exclude {
		seen[id] = struct{}{}
	}
	matches := make([]engine.Match, 0, min(q.Limit, len(found)))
	for i, at := range c.spaces[q.Modality].places.of(found) {
		if _, dup := seen[at.id]; dup || !at.used {
			continue // of a better entry's item, excluded, or removed since the search
		}
		seen[at.id] = struct{}{}
		matches = append(matches, engine.Match{
			ID: at.id, Modality: q.Modality, Ordinal: at.ordinal, Score: found[i].Score,
		})
		if len(matches) == q.Limit {
			break
		}
	}
	return matches
}
