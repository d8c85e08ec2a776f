package hnsw

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pinax/index"
	"pinax/index/internal/vectors"
)

var _ index.Index = (*Index)(nil)

// Index is a graph that any number of searches walk while one writer at a time changes it.
type Index struct {
	options Options
	graph   atomic.Pointer[graph] // replaced as a whole by Restore, and by Delete when it gives memory back
	writer  sync.Mutex
}

// New returns an empty Index, or an error that says which option is out of range.
func New(o Options) (*Index, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	g, err := newGraph(o)
	if err != nil {
		return nil, fmt.Errorf("hnsw: %w", err)
	}
	x := &Index{options: o}
	x.graph.Store(g)
	return x, nil
}

// Add implements index.Index.
func (x *Index) Add(keys []uint64, list [][]float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	g := x.graph.Load()
	if err := g.store.Check(keys, list); err != nil {
		return err
	}
	g.insert(keys, list)
	g.mustBeSound()
	return nil
}

// Delete implements index.Index.
func (x *Index) Delete(keys []uint64) int {
	x.writer.Lock()
	defer x.writer.Unlock()
	g := x.graph.Load()
	n := 0
	for _, key := range keys {
		if g.remove(key) {
			n++
		}
	}
	w := g.newWalk()
	defer g.walks.Put(w)
	g.sweepIfDue(w)
	if g.compactDue() {
		g.sweep(w)
		g = g.compacted()
		x.graph.Store(g)
	}
	g.mustBeSound()
	return n
}

// Search implements index.Index. It scans all vectors when there are fewer than Options.ExactBelow.
func (x *Index) Search(ctx context.Context, query []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	g := x.graph.Load()
	if err := g.store.CheckSearch(query, o); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := g.newWalk()
	defer g.walks.Put(w)
	guard := g.store.Enter()
	defer g.store.Leave(guard)
	w.query.Ask(query)
	switch {
	case o.Exact:
		return g.store.Scan(ctx, w.query, o.K, o.Filter, vectors.Proven)
	case g.store.Len() < x.options.ExactBelow:
		return g.store.Scan(ctx, w.query, o.K, o.Filter, vectors.Certain)
	case o.Recall > 0 && o.Ef == 0:
		return g.nearestWithRecall(ctx, w, o)
	}
	return g.nearestAccepted(ctx, w, o)
}

// nearestAccepted searches with a filter or without.
func (g *graph) nearestAccepted(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	if o.Filter != nil {
		return g.nearestMatching(ctx, w, o)
	}
	return g.nearest(ctx, w, o)
}

// nearest walks the graph, and scans it when the walk found fewer than there are.
func (g *graph) nearest(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	n := g.store.Len()
	if err := g.exploreFor(ctx, w, o.K, g.ef(o, n)); err != nil {
		return nil, err
	}
	if len(w.found) < min(o.K, n) {
		return g.store.Scan(ctx, w.query, o.K, nil, vectors.Certain)
	}
	return w.rank(o.K)
}

// exploreFor walks from the entry point down to layer 0, there as far as ef says, and leaves what may be among the k best in
// w.found.
func (g *graph) exploreFor(ctx context.Context, w *walk, k, ef int) error {
	start := time.Now()
	w.found = w.found[:0]
	if !g.descend(w) {
		return nil
	}
	r := g.reach(w, k, ef)
	if _, err := g.exploreWithin(ctx, w, &r); err != nil {
		return err
	}
	g.pace.walk.note(start, ef)
	return nil
}

// descend begins a walk of layer 0 at the best node that is found on the way down to it, if there is any.
func (g *graph) descend(w *walk) bool {
	slot, top, ok := g.start()
	if !ok {
		return false
	}
	w.forget()
	at := scoreOne(w.query, slot)
	for layer := top; layer > 0; layer-- {
		at = g.climb(w, at, layer)
	}
	w.begin(at)
	return true
}

// scoredAgain is how many nodes more than four times those wanted are scored on full vectors at most, where many are alike.
const scoredAgain = 64

// rank returns the k best of the nodes that the walk found, by their full vectors, as far down as codes leave it open.
func (w *walk) rank(k int) ([]index.Neighbour, error) {
	found := []candidate(w.found)
	if len(found) == 0 {
		return nil, nil
	}
	sortBestFirst(found)
	w.best = w.best[:0]
	least := found[min(k, len(found))-1].score() - w.query.Margin(vectors.Likely)
	for i, c := range found {
		if i >= k && (c.score() < least || i-k >= 3*k+scoredAgain) {
			break
		}
		w.best = append(w.best, vectors.Scored{Slot: c.slot(), Score: c.score()})
	}
	return w.query.Best(k, w.best)
}

// ef returns the number of candidates that a search of n vectors keeps.
func (g *graph) ef(o index.SearchOptions, n int) int {
	ef := o.Ef
	if ef < 1 {
		ef = g.options.EfSearch
	}
	return min(max(ef, o.K), max(n, 1))
}

// Len implements index.Index.
func (x *Index) Len() int { return x.graph.Load().store.Len() }

// Stats implements index.Index.
func (x *Index) Stats() index.Stats {
	g := x.graph.Load()
	return g.store.Stats("hnsw", g.links.memoryBytes())
}

// Keys implements index.Index.
func (x *Index) Keys(yield func(key uint64) bool) { x.graph.Load().store.Keys(yield) }
