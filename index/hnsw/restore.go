package hnsw

import (
	"encoding/binary"
	"fmt"
	"io"

	"pinax/index"
	"pinax/index/internal/checkpoint"
)

// Restore implements index.Index. The restored graph is the saved one link by link, but for the nodes that are gone.
func (x *Index) Restore(r io.Reader, vector func(key uint64) []float32) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	if x.graph.Load().table.Len() > 0 {
		return index.ErrNotEmpty
	}
	g := newGraph(x.options)
	d := decoder{graph: g}
	if err := d.read(r); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := d.fill(vector); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	w := g.newWalk()
	g.sweep(w)
	g.walks.Put(w)
	g.mustBeSound()
	x.graph.Store(g)
	return nil
}

// decoder builds a graph from a checkpoint: first the links, then, when those have proved sound, the vectors. The ordinal
// of a node becomes its slot.
type decoder struct {
	graph *graph
	keys  []uint64
	nodes uint32 // promised
	entry uint32
}

func (d *decoder) read(from io.Reader) error {
	r, err := checkpoint.NewReader(from, checkpoint.HNSW, d.graph.options.Dimension)
	if err != nil {
		return err
	}
	section, payload, err := r.Next()
	if err != nil {
		return err
	}
	if err := d.params(section, payload); err != nil {
		return err
	}
	for {
		section, payload, err := r.Next()
		switch {
		case err != nil:
			return err
		case section == checkpoint.End && len(payload) == 0:
			return d.finish()
		case section != checkpoint.Nodes:
			return damaged("section %d of %d bytes", section, len(payload))
		}
		for len(payload) > 0 {
			if payload, err = d.node(payload); err != nil {
				return err
			}
		}
	}
}

func (d *decoder) params(section checkpoint.Section, payload []byte) error {
	if section != checkpoint.Params || len(payload) != 12 {
		return damaged("section %d of %d bytes where the parameters belong", section, len(payload))
	}
	if m := binary.LittleEndian.Uint32(payload); int64(m) != int64(d.graph.options.M) {
		return fmt.Errorf("m is %d, not %d: %w", m, d.graph.options.M, index.ErrMismatch)
	}
	d.nodes = binary.LittleEndian.Uint32(payload[4:])
	d.entry = binary.LittleEndian.Uint32(payload[8:])
	return nil
}

// node reads one node and returns what follows it.
func (d *decoder) node(in []byte) ([]byte, error) {
	slot := uint32(len(d.keys))
	if slot >= d.nodes {
		return nil, damaged("more than %d nodes", d.nodes)
	}
	if len(in) < 9 {
		return nil, damaged("node %d is cut off", slot)
	}
	key, level := binary.LittleEndian.Uint64(in), int(in[8])
	if level > maxLevel {
		return nil, damaged("node %d has level %d", slot, level)
	}
	in = in[9:]
	d.keys = append(d.keys, key)
	d.graph.links.prepare(slot, level)
	for layer := range level + 1 {
		var err error
		if in, err = d.list(in, d.graph.links.list(slot, layer)); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// list reads the links of one list. Where they lead is checked when all nodes are known.
func (d *decoder) list(in []byte, l list) ([]byte, error) {
	if len(in) < 2 {
		return nil, damaged("list is cut off")
	}
	n := int(binary.LittleEndian.Uint16(in))
	in = in[2:]
	if n > len(l) || 4*n > len(in) {
		return nil, damaged("list of %d links", n)
	}
	for i := range n {
		ordinal := binary.LittleEndian.Uint32(in[4*i:])
		slot := ordinal &^ uint32(treeMark)
		if slot >= d.nodes {
			return nil, damaged("link to node %d of %d", slot, d.nodes)
		}
		l.set(i, linkTo(slot, ordinal != slot))
	}
	return in[4*n:], nil
}

// finish checks what can only be checked in the end.
func (d *decoder) finish() error {
	n := uint32(len(d.keys))
	if n != d.nodes {
		return damaged("%d nodes, not %d", n, d.nodes)
	}
	if n == 0 {
		if d.entry != noEntry {
			return damaged("entry point of an empty graph")
		}
		return nil
	}
	if d.entry >= n {
		return damaged("entry point %d of %d nodes", d.entry, n)
	}
	g := d.graph
	top := g.links.level(d.entry)
	if err := g.links.verify(n, func(uint32) bool { return true }, d.entry, top); err != nil {
		return damaged("%s", err.Error())
	}
	g.setStart(d.entry, top)
	for i, key := range d.keys {
		g.slots[key] = uint32(i)
	}
	if len(g.slots) != len(d.keys) {
		return damaged("a key is there twice")
	}
	return nil
}

// fill gives the nodes their vectors and hides those that are gone.
func (d *decoder) fill(vector func(key uint64) []float32) error {
	g := d.graph
	for i, key := range d.keys {
		v := vector(key)
		if v != nil {
			if err := g.table.Check(v); err != nil {
				return fmt.Errorf("key %d: %w", key, err)
			}
		}
		slot := g.table.Take() // in a fresh table slots come in order
		if int(slot) != i {
			panic("hnsw: a fresh table gave slots out of order")
		}
		g.table.Put(slot, key, v)
		if v != nil {
			g.table.Show(slot)
			continue
		}
		delete(g.slots, key)
		g.hidden = append(g.hidden, slot)
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), index.ErrDamaged)
}
