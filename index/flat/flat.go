// Package flat is the exact vector index: it scans every vector. Below some ten thousand vectors nothing is faster, and
// it is what the recall of the others is measured against.
//
//	x, err := flat.New(256)
//	err = x.Add(keys, vectors)
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
package flat

import (
	"context"
	"fmt"
	"io"
	"sync"

	"pinax/index"
	"pinax/index/internal/checkpoint"
	"pinax/index/internal/rows"
)

var _ index.Index = (*Index)(nil)

// Index scans. Searches run beside one another and beside writers without waiting.
type Index struct {
	table *rows.Table

	writer sync.Mutex // guards what follows, and the writer's side of table
	slots  map[uint64]uint32
}

// New returns an empty Index of vectors with dimension elements, at least 1.
func New(dimension int) (*Index, error) {
	if dimension < 1 {
		return nil, fmt.Errorf("dimension %d: at least 1 is needed", dimension)
	}
	return &Index{table: rows.New(dimension), slots: map[uint64]uint32{}}, nil
}

// Add implements index.Index.
func (x *Index) Add(keys []uint64, vectors [][]float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	return x.add(keys, vectors)
}

func (x *Index) add(keys []uint64, vectors [][]float32) error {
	exists := func(key uint64) bool {
		_, ok := x.slots[key]
		return ok
	}
	if err := x.table.CheckBatch(keys, vectors, exists); err != nil {
		return err
	}
	for i, key := range keys {
		slot := x.table.Take()
		x.table.Put(slot, key, vectors[i])
		x.table.Show(slot)
		x.slots[key] = slot
	}
	return nil
}

// Delete implements index.Index. The rows are reused as soon as no search from before is left.
func (x *Index) Delete(keys []uint64) int {
	x.writer.Lock()
	defer x.writer.Unlock()
	n := 0
	for _, key := range keys {
		slot, ok := x.slots[key]
		if !ok {
			continue
		}
		delete(x.slots, key)
		x.table.Hide(slot)
		x.table.Retire(slot)
		n++
	}
	return n
}

// Search implements index.Index. Every search is exact.
func (x *Index) Search(ctx context.Context, query []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	if err := x.table.CheckSearch(query, o); err != nil {
		return nil, err
	}
	return x.table.Scan(ctx, x.table.Pad(query, nil), o.K, o.Accept)
}

// Len implements index.Index.
func (x *Index) Len() int { return x.table.Len() }

// Stats implements index.Index.
func (x *Index) Stats() index.Stats {
	return index.Stats{Kind: "flat", Vectors: x.Len(), MemoryBytes: x.table.MemoryBytes()}
}

// Checkpoint implements index.Index. It writes the keys.
func (x *Index) Checkpoint(w io.Writer) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	return checkpoint.WriteKeys(w, checkpoint.Flat, x.table.Dimension(), x.table.Keys)
}

// Restore implements index.Index.
func (x *Index) Restore(r io.Reader, vector func(key uint64) []float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	if x.Len() > 0 {
		return index.ErrNotEmpty
	}
	keys, err := checkpoint.ReadKeys(r, checkpoint.Flat, x.table.Dimension())
	if err != nil {
		return err
	}
	for _, key := range keys {
		v := vector(key)
		if v == nil {
			continue
		}
		if err := x.add([]uint64{key}, [][]float32{v}); err != nil {
			x.clear()
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// clear takes every row out again.
func (x *Index) clear() {
	for key, slot := range x.slots {
		x.table.Hide(slot)
		x.table.Retire(slot)
		delete(x.slots, key)
	}
}

// Keys implements index.Index.
func (x *Index) Keys(yield func(key uint64) bool) { x.table.Keys(yield) }
