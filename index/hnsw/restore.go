package hnsw

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"pinax/index"
	"pinax/index/internal/checkpoint"
)

// Restore implements index.Index. The restored graph is the saved one link by link, but for the nodes that are gone.
func (x *Index) Restore(r io.Reader, vectors iter.Seq2[uint64, []float32]) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	if x.graph.Load().store.Len() > 0 {
		return index.ErrNotEmpty
	}
	g, err := newGraph(x.options)
	if err != nil {
		return err
	}
	d := decoder{graph: g}
	if err := d.read(bufio.NewReaderSize(r, 1<<16)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := d.fill(vectors); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	g = d.graph
	w := g.newWalk()
	g.sweep(w)
	g.walks.Put(w)
	g.mustBeSound()
	x.graph.Store(g)
	return nil
}

// decoder builds a graph from a checkpoint and the changes behind it: first the links, then, when those have proved sound,
// the vectors.
type decoder struct {
	graph *graph
	parts int
	nodes []savedNode // by slot
	end   uint32      // promised by the part that is read
	entry uint32
}

type savedNode struct {
	key    uint64
	linked bool
	hidden bool
}

// read reads a full checkpoint and any number of changes until r ends.
func (d *decoder) read(r *bufio.Reader) error {
	for part := 0; ; part++ {
		if _, err := r.Peek(1); part > 0 && errors.Is(err, io.EOF) {
			return d.finish()
		}
		if err := d.part(r); err != nil {
			return err
		}
	}
}

func (d *decoder) part(from io.Reader) error {
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
		case section == checkpoint.End && len(payload) == 0:
			return nil
		case section == checkpoint.Nodes:
			for len(payload) > 0 && err == nil {
				payload, err = d.node(payload)
			}
		case section == checkpoint.Removed:
			err = d.removed(payload)
		default:
			err = damaged("section %d of %d bytes", section, len(payload))
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) params(section checkpoint.Section, payload []byte) error {
	if section != checkpoint.Params || len(payload) != 13 {
		return damaged("section %d of %d bytes where the parameters belong", section, len(payload))
	}
	if m := binary.LittleEndian.Uint32(payload); int64(m) != int64(d.graph.options.M) {
		return fmt.Errorf("m is %d, not %d: %w", m, d.graph.options.M, index.ErrMismatch)
	}
	switch kind := payload[12]; {
	case kind == partChanges && d.parts > 0:
	case kind == partFull:
		if err := d.reset(); err != nil {
			return err
		}
	default:
		return damaged("part of kind %d out of order", kind)
	}
	d.parts++
	end := binary.LittleEndian.Uint32(payload[4:])
	if end < d.end || end > maxSlots {
		return damaged("%d slots after %d", end, d.end)
	}
	d.end, d.entry = end, binary.LittleEndian.Uint32(payload[8:])
	return nil
}

// reset forgets what was read: a full checkpoint follows.
func (d *decoder) reset() error {
	if d.parts == 0 {
		return nil
	}
	g, err := newGraph(d.graph.options)
	*d = decoder{graph: g}
	return err
}

// node reads one node and returns what follows it.
func (d *decoder) node(in []byte) ([]byte, error) {
	const head = 4 + 8 + 1
	if len(in) < head {
		return nil, damaged("a node is cut off")
	}
	slot, key, level := binary.LittleEndian.Uint32(in), binary.LittleEndian.Uint64(in[4:]), int(in[12]&^hiddenMark)
	if level > maxLevel {
		return nil, damaged("node %d has level %d", slot, level)
	}
	if err := d.reach(slot); err != nil {
		return nil, err
	}
	d.nodes[slot] = savedNode{key: key, linked: true, hidden: in[12]&hiddenMark != 0}
	in = in[head:]
	d.graph.links.prepare(slot, level)
	for layer := range level + 1 {
		var err error
		if in, err = d.list(in, d.graph.links.list(slot, layer)); err != nil {
			return nil, fmt.Errorf("node %d: %w", slot, err)
		}
	}
	return in, nil
}

// freeAhead is how many free slots may lie before a node for each one that is known: a lying slot number must not
// allocate what no true one would.
const freeAhead = 1 << 16

// reach makes room for a node.
func (d *decoder) reach(slot uint32) error {
	if slot >= d.end {
		return damaged("node %d of %d slots", slot, d.end)
	}
	if slot >= uint32(len(d.nodes)) {
		if int(slot)-len(d.nodes) > freeAhead+8*len(d.nodes) {
			return damaged("node %d comes after node %d", slot, len(d.nodes)-1)
		}
		d.nodes = append(d.nodes, make([]savedNode, int(slot)+1-len(d.nodes))...)
	}
	return nil
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
		element := binary.LittleEndian.Uint32(in[4*i:])
		slot := element &^ uint32(treeMark)
		if slot >= d.end {
			return nil, damaged("link to node %d of %d slots", slot, d.end)
		}
		l.set(i, linkTo(slot, element != slot))
	}
	return in[4*n:], nil
}

func (d *decoder) removed(payload []byte) error {
	if len(payload)%4 != 0 {
		return damaged("%d bytes of removed nodes", len(payload))
	}
	for ; len(payload) > 0; payload = payload[4:] {
		// A slot may come and go between two checkpoints.
		if slot := binary.LittleEndian.Uint32(payload); slot < uint32(len(d.nodes)) {
			d.nodes[slot] = savedNode{}
		} else if slot >= d.end {
			return damaged("removed node %d of %d slots", slot, d.end)
		}
	}
	return nil
}

func (d *decoder) linked(slot uint32) bool { return d.nodes[slot].linked }

// finish checks what can only be checked in the end.
func (d *decoder) finish() error {
	g, end := d.graph, uint32(len(d.nodes))
	g.links.grow(end)
	live := 0
	for _, n := range d.nodes {
		if n.linked && !n.hidden {
			live++
		}
	}
	if d.entry == noEntry {
		if live > 0 {
			return damaged("%d nodes without an entry point", live)
		}
		d.nodes = nil
		return nil
	}
	if d.entry >= end || !d.linked(d.entry) {
		return damaged("entry point %d of %d slots", d.entry, end)
	}
	top := g.links.level(d.entry)
	if err := g.links.verify(end, d.linked, d.entry, top); err != nil {
		return damaged("%s", err.Error())
	}
	g.setStart(d.entry, top)
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), index.ErrDamaged)
}
