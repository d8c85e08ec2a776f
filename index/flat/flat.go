// Package flat is the exact vector index: it scans every vector. Below some ten thousand vectors nothing is faster, and
// it is what the recall of the others is measured against.
//
//	x, err := flat.New(index.VectorOptions{Dimension: 256})
//	err = x.Add(keys, vectors)
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
package flat

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"

	"pinax/index"
	"pinax/index/internal/checkpoint"
	"pinax/index/internal/vectors"
)

var _ index.Index = (*Index)(nil)

// Index scans. Searches run beside one another and beside writers without waiting.
type Index struct {
	store  *vectors.Store
	writer sync.Mutex // held by whoever calls a method of store that is marked "writer"
}

// New returns an empty Index, or an error that says which option is of no use.
func New(o index.VectorOptions) (*Index, error) {
	store, err := vectors.New(o)
	if err != nil {
		return nil, fmt.Errorf("flat: %w", err)
	}
	return &Index{store: store}, nil
}

// Add implements index.Index.
func (x *Index) Add(keys []uint64, list [][]float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	return x.store.Add(keys, list)
}

// Delete implements index.Index. The slots are used again as soon as no search from before is left.
func (x *Index) Delete(keys []uint64) int {
	x.writer.Lock()
	defer x.writer.Unlock()
	n := 0
	for _, key := range keys {
		if slot, ok := x.store.Find(key); ok {
			x.store.Hide(slot)
			x.store.Retire(slot)
			n++
		}
	}
	return n
}

// Search implements index.Index. Every search is exact.
func (x *Index) Search(ctx context.Context, query []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	if err := x.store.CheckSearch(query, o); err != nil {
		return nil, err
	}
	q := x.store.NewQuery()
	defer x.store.Done(q)
	q.Ask(query)
	return x.store.Scan(ctx, q, o.K, o.Filter, vectors.Proven)
}

// SearchAll implements index.Index.
func (x *Index) SearchAll(ctx context.Context, queries [][]float32, o index.SearchOptions) ([][]index.Neighbour, error) {
	return x.store.ScanAll(ctx, queries, o, vectors.Proven)
}

// Len implements index.Index.
func (x *Index) Len() int { return x.store.Len() }

// Stats implements index.Index.
func (x *Index) Stats() index.Stats { return x.store.Stats("flat", 0) }

// Checkpoint implements index.Index. There is nothing to keep.
func (x *Index) Checkpoint(w io.Writer, _ bool) error {
	return checkpoint.WriteEmpty(w, checkpoint.Flat, x.store.Dimension())
}

// Restore implements index.Index.
func (x *Index) Restore(r io.Reader, _ iter.Seq2[uint64, []float32]) error {
	if x.Len() > 0 {
		return index.ErrNotEmpty
	}
	return checkpoint.ReadEmpty(r, checkpoint.Flat, x.store.Dimension())
}

// Keys implements index.Index.
func (x *Index) Keys(yield func(key uint64) bool) { x.store.Keys(yield) }
