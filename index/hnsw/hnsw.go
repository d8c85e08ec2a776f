package hnsw

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/internal/topk"
)

var _ index.Index = (*Index)(nil)

// Index is a graph that any number of searches walk while one writer at a time changes it.
type Index struct {
	options Options
	graph   atomic.Pointer[graph] // replaced as a whole by Restore only
	writer  sync.Mutex
}

// New returns an empty Index, or an error that says which option is out of range.
func New(o Options) (*Index, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	x := &Index{options: o}
	x.graph.Store(newGraph(o))
	return x, nil
}

// Add implements index.Index.
func (x *Index) Add(keys []uint64, vectors [][]float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	g := x.graph.Load()
	exists := func(key uint64) bool {
		_, ok := g.slots[key]
		return ok
	}
	if err := g.table.CheckBatch(keys, vectors, exists); err != nil {
		return err
	}
	w := g.newWalk()
	defer g.walks.Put(w)
	for i, key := range keys {
		g.insert(w, key, vectors[i])
	}
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
	g.mustBeSound()
	return n
}

// Search implements index.Index. It scans all vectors when there are fewer than Options.ExactBelow, and the accepted ones
// when a walk comes across too few of them.
func (x *Index) Search(ctx context.Context, query []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	g := x.graph.Load()
	if err := g.table.CheckSearch(query, o); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := g.newWalk()
	defer g.walks.Put(w)
	w.query = g.table.Pad(query, w.query)
	if !o.Exact && g.table.Len() >= x.options.ExactBelow {
		found, complete, err := g.nearest(ctx, w, o)
		if complete || err != nil {
			return found, err
		}
	}
	return g.table.Scan(ctx, w.query, o.K, o.Accept)
}

// scanWorth is how many rows a scan scores in the time in which a walk, which jumps about in memory, scores one.
const scanWorth = 4

// nearest walks the graph. It returns false when a scan is the better way: the walk would score more nodes than pays, or
// has found fewer than there may be.
func (g *graph) nearest(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, bool, error) {
	guard := g.table.Enter()
	defer g.table.Leave(guard)
	slot, top, ok := g.start()
	if !ok {
		return nil, true, nil
	}
	at := newCandidate(distance.Dot(w.query, g.table.Vector(slot)), slot)
	for layer := top; layer > 0; layer-- {
		at = g.climb(w, at, layer)
	}
	n := g.table.Len()
	l := limits{ef: g.ef(o, n), accept: o.Accept}
	if o.Accept != nil {
		l.score = max(n/scanWorth, l.ef)
	}
	w.begin(at)
	if done, err := g.explore(ctx, w, 0, l); !done {
		return nil, false, err
	}
	if len(w.found) < min(o.K, n) {
		return nil, false, nil
	}
	found := make([]index.Neighbour, len(w.found))
	for i, c := range w.found {
		found[i] = index.Neighbour{Key: g.table.Key(c.slot()), Score: c.score()}
	}
	slices.SortFunc(found, topk.Compare)
	return found[:min(o.K, len(found))], true, nil
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
func (x *Index) Len() int { return x.graph.Load().table.Len() }

// Stats implements index.Index.
func (x *Index) Stats() index.Stats {
	g := x.graph.Load()
	return index.Stats{
		Kind:        "hnsw",
		Vectors:     g.table.Len(),
		MemoryBytes: g.table.MemoryBytes() + g.links.memoryBytes(),
	}
}

// Keys implements index.Index.
func (x *Index) Keys(yield func(key uint64) bool) { x.graph.Load().table.Keys(yield) }
