package hnsw

import (
	"errors"
	"fmt"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// fillBatch is how many vectors are handed to a core at a time.
const fillBatch = 512

// fill gives the nodes their vectors and hides those that are gone.
func (d *decoder) fill(vectors iter.Seq2[uint64, []float32]) error {
	g := d.graph
	g.store.Extend(uint32(len(d.nodes)), d.linked)
	for slot, n := range d.nodes {
		switch {
		case !n.linked:
		case n.hidden:
			g.hidden = append(g.hidden, uint32(slot))
		default:
			if _, twice := g.store.Find(n.key); twice {
				return damaged("key %d is there twice", n.key)
			}
			g.store.Put(uint32(slot), n.key)
		}
	}
	if err := d.encode(vectors); err != nil {
		return err
	}
	for slot, n := range d.nodes {
		if n.linked && !n.hidden && !g.store.Shown(uint32(slot)) {
			g.store.Show(uint32(slot))
			g.remove(n.key)
		}
	}
	return nil
}

// encode takes the vectors one after another and has all cores turn them into rows.
func (d *decoder) encode(vectors iter.Seq2[uint64, []float32]) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	err := d.hand(vectors, func(full *vectorBatch) {
		group.Go(func() error { d.set(full); return nil })
	})
	return errors.Join(err, group.Wait())
}

// hand gathers vectors into batches, checks them and hands the batches to send.
func (d *decoder) hand(vectors iter.Seq2[uint64, []float32], send func(*vectorBatch)) error {
	g := d.graph
	batch := newBatch(g.options.Dimension)
	for key, v := range vectors {
		slot, ok := g.store.Find(key)
		if !ok {
			continue
		}
		if err := g.store.CheckVector(v); err != nil {
			return fmt.Errorf("key %d: %w", key, err)
		}
		if batch.add(slot, v); len(batch.slots) == fillBatch {
			send(batch)
			batch = newBatch(g.options.Dimension)
		}
	}
	send(batch)
	return nil
}

func (d *decoder) set(b *vectorBatch) {
	g := d.graph
	q := g.store.NewQuery()
	defer g.store.Done(q)
	for i, slot := range b.slots {
		g.store.Set(q, slot, b.vector(i))
		g.store.Show(slot)
	}
}

// vectorBatch is a list of vectors to set.
type vectorBatch struct {
	dimension int
	slots     []uint32
	floats    []float32
}

func newBatch(dimension int) *vectorBatch {
	return &vectorBatch{
		dimension: dimension, slots: make([]uint32, 0, fillBatch), floats: make([]float32, 0, fillBatch*dimension),
	}
}

func (b *vectorBatch) add(slot uint32, v []float32) {
	b.slots, b.floats = append(b.slots, slot), append(b.floats, v...)
}

func (b *vectorBatch) vector(i int) []float32 { return b.floats[i*b.dimension : (i+1)*b.dimension] }
