// Package coder runs github.com/coder/hnsw as an index of Pinax, behind guards. It exists to be compared with; choose
// hnsw instead.
//
//	x, err := coder.New(coder.DefaultOptions(256))
//	err = x.Add(keys, vectors)
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
//
// What version 0.6.1 does, and what is done about it here:
//
//   - Its recall is low and cannot be tuned: 0.077 at 100,000 vectors at every efSearch (docs/adr/0004-vector-indexes.md).
//     A walk is bounded by k, and its candidate heap evicts at random. Nothing is done about it; exact and filtered searches scan.
//   - It panics or damages its links on deletes and overwrites. So nodes are only ever added, under numbers of our own;
//     deleted ones are filtered out of results, and when they are many the graph is built anew before the next search.
//   - It races when searched during a write, so searches share a lock and writers exclude them.
//   - It panics on vectors of another length, and on states that should not be. Lengths are checked before; a panic leads
//     to a new graph, and a second one to an error.
//   - Its import trusts the file. It is never used: a checkpoint holds nothing, and the vectors are added again.
//   - Its graphs differ from run to run even with a seed, because walks start at an arbitrary element of a Go map.
package coder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand"
	"slices"
	"sync"

	hnsw "github.com/coder/hnsw"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/internal/checkpoint"
	"pinax/index/internal/topk"
	"pinax/index/internal/vectors"
)

var _ index.Index = (*Index)(nil)

// rebuildShare is the part of the graph that may be deleted nodes before it is built anew, so that the work is spread
// over at least that many deletes.
const rebuildShare = 8

// Options are the settings of an Index. Except for Dimension, zero means the value that DefaultOptions has.
type Options struct {
	Dimension  int    // elements of a vector, at least 1
	M          int    // links of a node
	EfSearch   int    // candidates kept in a walk
	ExactBelow int    // a search of fewer vectors scans them all; negative: never
	Seed       uint64 // of the levels
}

// DefaultOptions returns the library's own settings, and the exact scan of small collections that hnsw has.
func DefaultOptions(dimension int) Options {
	return Options{Dimension: dimension, M: 16, EfSearch: 20, ExactBelow: 8000}
}

// Index is a guarded graph of coder/hnsw. Vectors live in a table beside it, whose rows the graph's nodes share.
type Index struct {
	options Options
	store   *vectors.Store

	mu    sync.RWMutex        // writers exclude searches that walk; those that scan need no lock
	gone  []uint32            // slots deleted since the graph was built; their nodes are still in it
	graph *hnsw.Graph[uint32] // nodes are keyed by slot; nil: build before the next walk
}

// New returns an empty Index, or an error that says which option is out of range.
func New(o Options) (*Index, error) {
	d := DefaultOptions(o.Dimension)
	for value, standard := range map[*int]int{&o.M: d.M, &o.EfSearch: d.EfSearch, &o.ExactBelow: d.ExactBelow} {
		if *value == 0 {
			*value = standard
		}
	}
	if o.Dimension < 1 || o.M < 2 || o.EfSearch < 1 {
		return nil, fmt.Errorf("coder: dimension %d, m %d and ef_search %d: at least 1, 2 and 1 are needed",
			o.Dimension, o.M, o.EfSearch)
	}
	store, err := vectors.New(index.VectorOptions{Dimension: o.Dimension})
	if err != nil {
		return nil, fmt.Errorf("coder: %w", err)
	}
	return &Index{options: o, store: store}, nil
}

// Add implements index.Index.
func (x *Index) Add(keys []uint64, list [][]float32) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.store.Add(keys, list); err != nil {
		return err
	}
	for _, key := range keys {
		if x.graph == nil {
			return nil
		}
		slot, _ := x.store.Find(key)
		if err := guarded(func() { x.graph.Add(x.node(slot)) }); err != nil {
			slog.Warn("coder/hnsw failed to add a vector; its graph will be built anew", "error", err)
			x.graph = nil
		}
	}
	return nil
}

// node returns a node that shares the row of slot. The row is not reused while the graph lives.
func (x *Index) node(slot uint32) hnsw.Node[uint32] {
	return hnsw.MakeNode(slot, x.store.Vector(slot))
}

// Delete implements index.Index.
func (x *Index) Delete(keys []uint64) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for _, key := range keys {
		slot, ok := x.store.Find(key)
		if !ok {
			continue
		}
		x.store.Hide(slot)
		x.gone = append(x.gone, slot)
		n++
	}
	if len(x.gone) > x.store.Len()/rebuildShare {
		x.discardGraph()
	}
	return n
}

// discardGraph lets the next walk build the graph anew, and gives back the rows that only its deleted nodes needed.
func (x *Index) discardGraph() {
	x.graph = nil
	x.store.Retire(x.gone...)
	x.gone = nil
}

// Search implements index.Index. A walk that comes back with too few neighbours is followed by a scan.
func (x *Index) Search(ctx context.Context, query []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	if err := x.store.CheckSearch(query, o); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n := x.store.Len(); n > 0 && n >= x.options.ExactBelow && !o.Exact && o.Filter == nil {
		found, err := x.walk(query, o.K)
		if err != nil || len(found) == o.K {
			return found, err
		}
	}
	q := x.store.NewQuery()
	defer x.store.Done(q)
	q.Ask(query)
	return x.store.Scan(ctx, q, o.K, o.Filter, vectors.Proven)
}

// walk searches the graph, building it when there is none. A panic of the library costs one rebuild, a second one is
// returned as an error.
func (x *Index) walk(query []float32, k int) ([]index.Neighbour, error) {
	var err error
	for range 2 {
		x.mu.RLock()
		if x.graph == nil {
			x.mu.RUnlock()
			if err = x.build(); err != nil {
				continue
			}
			x.mu.RLock()
		}
		var found []index.Neighbour
		graph := x.graph
		if graph != nil { // a writer may have discarded it again
			err = guarded(func() { found = x.ask(query, k) })
		}
		x.mu.RUnlock()
		if err == nil {
			return found, nil
		}
		x.discard(graph)
	}
	return nil, fmt.Errorf("coder/hnsw: %w", err)
}

// ask takes more from the graph than is wanted, since deleted nodes are among it. The lock is held.
func (x *Index) ask(query []float32, k int) []index.Neighbour {
	nodes := x.graph.Search(query, min(k, x.store.Len())+len(x.gone))
	found := make([]index.Neighbour, 0, len(nodes))
	for _, n := range nodes {
		if x.store.Shown(n.Key) {
			found = append(found, index.Neighbour{
				Key:   x.store.Key(n.Key),
				Score: distance.Dot(query, x.store.Vector(n.Key)),
			})
		}
	}
	slices.SortFunc(found, topk.Compare)
	return found[:min(k, len(found))]
}

// build makes the graph from all rows, unless somebody else has just done it.
func (x *Index) build() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.graph != nil {
		return nil
	}
	x.discardGraph()
	graph := hnsw.NewGraph[uint32]()
	graph.M = x.options.M
	graph.EfSearch = x.options.EfSearch
	graph.Distance = func(a, b []float32) float32 { return 1 - distance.Dot(a, b) }
	graph.Rng = rand.New(rand.NewSource(int64(x.options.Seed)))
	err := guarded(func() {
		for slot := range x.store.End() {
			if x.store.Shown(slot) {
				graph.Add(x.node(slot))
			}
		}
	})
	if err == nil {
		x.graph = graph
	}
	return err
}

// discard drops a graph that panicked, unless it has been replaced already.
func (x *Index) discard(broken *hnsw.Graph[uint32]) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.graph == broken {
		x.discardGraph()
	}
}

// guarded turns a panic of the library into an error.
func guarded(call func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(errPanic, fmt.Errorf("%v", p))
		}
	}()
	call()
	return nil
}

var errPanic = errors.New("the library panicked")

// SearchAll implements index.Index.
func (x *Index) SearchAll(ctx context.Context, queries [][]float32, o index.SearchOptions) ([][]index.Neighbour, error) {
	if o.Exact {
		return x.store.ScanAll(ctx, queries, o, vectors.Proven)
	}
	found := make([][]index.Neighbour, len(queries))
	for i, query := range queries {
		var err error
		if found[i], err = x.Search(ctx, query, o); err != nil {
			return nil, fmt.Errorf("query %d: %w", i, err)
		}
	}
	return found, nil
}

// Len implements index.Index.
func (x *Index) Len() int { return x.store.Len() }

// nodeBytes is what the library was measured to hold a vector beside the vector.
const nodeBytes = 994

// Stats implements index.Index. The memory of the graph is an estimate, and counted before a search has it built.
func (x *Index) Stats() index.Stats {
	return x.store.Stats("coder", int64(x.Len())*nodeBytes)
}

// Checkpoint implements index.Index. There is nothing to keep.
func (x *Index) Checkpoint(w io.Writer, _ bool) error {
	return checkpoint.WriteEmpty(w, checkpoint.Coder, x.store.Dimension())
}

// Restore implements index.Index.
func (x *Index) Restore(r io.Reader, _ iter.Seq2[uint64, []float32]) error {
	if x.Len() > 0 {
		return index.ErrNotEmpty
	}
	return checkpoint.ReadEmpty(r, checkpoint.Coder, x.store.Dimension())
}

// Keys implements index.Index.
func (x *Index) Keys(yield func(key uint64) bool) { x.store.Keys(yield) }
