package engine

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Hit is one item found.
type Hit struct {
	Item    Item
	Score   float32 // cosine between the query and the entry that matched, in [-1, 1]
	Matched Matched
}

// Matched names the entry of an item that was nearest to the query.
type Matched struct {
	Modality Modality
	Entry    int      // its number within the modality
	Segment  *Segment // of the item's clip, when that matched
}

// Result is what a search found, best first.
type Result struct {
	Hits []Hit
	Took Took
}

// Took splits the time of a search.
type Took struct {
	Encode time.Duration // parts to vectors
	Search time.Duration // vectors to hits
	Total  time.Duration
}

// Search finds the items nearest to a query. Each item comes back once, with the entry that matched best.
func (e *Engine) Search(ctx context.Context, collection string, q Query) (Result, error) {
	start := time.Now()
	q = q.withDefaults()
	if err := q.check(e.options.Limits); err != nil {
		return Result{}, err
	}
	c, enc, err := e.open(ctx, collection)
	if err != nil {
		return Result{}, err
	}
	vectors, err := e.vectors(ctx, c, enc, q)
	if err != nil {
		return Result{}, err
	}
	weights := make([]float64, len(q.Parts))
	var exclude []string
	for i, p := range q.Parts {
		weights[i] = p.Weight
		if p.Item != "" {
			exclude = append(exclude, p.Item)
		}
	}
	vector, err := weightedSum(vectors, weights)
	if err != nil {
		return Result{}, err
	}
	encoded := time.Now()
	matches, err := e.nearest(ctx, collection, q, vector, exclude)
	if err != nil {
		return Result{}, err
	}
	hits, err := e.hits(ctx, collection, matches)
	if err != nil {
		return Result{}, err
	}
	end := time.Now()
	return Result{Hits: hits, Took: Took{Encode: encoded.Sub(start), Search: end.Sub(encoded), Total: end.Sub(start)}}, nil
}

func (e *Engine) nearest(ctx context.Context, collection string, q Query, vector []float32, exclude []string) ([]Match, error) {
	vq := VectorQuery{Vector: vector, Limit: q.Limit, Ef: q.Ef, Recall: q.Recall, Exact: q.Exact, Exclude: exclude}
	if q.Target != TargetAny {
		vq.Modality = Modality(q.Target)
		return e.backend.Nearest(ctx, collection, vq)
	}
	vq.Limit = q.Limit + fusionDepth
	var lists [][]Match
	for _, m := range Modalities {
		vq.Modality = m
		matches, err := e.backend.Nearest(ctx, collection, vq)
		if err != nil {
			return nil, err
		}
		lists = append(lists, matches)
	}
	fused := fuseRanks(lists)
	return fused[:min(q.Limit, len(fused))], nil
}

// hits reads the items of matches. An item deleted since it was found is left out.
func (e *Engine) hits(ctx context.Context, collection string, matches []Match) ([]Hit, error) {
	ids := make([]string, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	items, err := e.backend.Items(ctx, collection, ids)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, 0, len(items))
	for _, m := range matches {
		if len(items) == 0 {
			break
		}
		if items[0].ID != m.ID {
			continue
		}
		hits = append(hits, Hit{Item: items[0], Score: m.Score, Matched: items[0].matched(m)})
		items = items[1:]
	}
	return hits, nil
}

// matched describes a match of the item.
func (i Item) matched(m Match) Matched {
	out := Matched{Modality: m.Modality, Entry: m.Ordinal}
	if n := m.Ordinal - len(i.Images); m.Modality == ModalityImage && n >= 0 && n < i.Video.segments() {
		out.Segment = &i.Video.Segments[n]
	}
	return out
}

const (
	// rankConstant damps the lead of the first ranks in reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009).
	rankConstant = 60
	// fusionDepth is how much deeper than the page each list is read, so that an item low in both can still rise.
	fusionDepth = 50
)

// fuseRanks merges ranked lists by reciprocal rank fusion: an item scores Σ 1 ⁄ (rankConstant + rank). It keeps the
// match of the list in which the item ranks best.
func fuseRanks(lists [][]Match) []Match {
	type fused struct {
		match Match
		rank  int // best of all lists, from 1
		score float64
	}
	byID := map[string]*fused{}
	var all []*fused
	for _, list := range lists {
		for i, m := range list {
			rank := i + 1
			f := byID[m.ID]
			if f == nil {
				f = &fused{match: m, rank: rank}
				byID[m.ID] = f
				all = append(all, f)
			} else if rank < f.rank {
				f.match, f.rank = m, rank
			}
			f.score += 1 / float64(rankConstant+rank)
		}
	}
	slices.SortStableFunc(all, func(a, b *fused) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.match.ID, b.match.ID))
	})
	matches := make([]Match, len(all))
	for i, f := range all {
		matches[i] = f.match
	}
	return matches
}
