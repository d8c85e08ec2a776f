package hnsw

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"pinax/index"
	"pinax/index/internal/checkpoint"
	"pinax/index/internal/rows"
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
	if g.compactDue() {
		g = g.compacted()
	}
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

	known   int      // nodes that have come, those of earlier parts among them
	waiting [][]byte // nodes of the part that is read whose slots are out of reach
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
			return d.placeWaiting()
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
	// The end may fall: free slots at the end are not restored, and the next changes do not know of them.
	end := binary.LittleEndian.Uint32(payload[4:])
	if end > rows.MaxSlots {
		return damaged("%d slots", end)
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

// nodeHead is the size of a node before its lists: slot, key and level.
const nodeHead = 4 + 8 + 1

// node reads one node and returns what follows it.
func (d *decoder) node(in []byte) ([]byte, error) {
	size, err := d.nodeSize(in)
	if err != nil {
		return nil, err
	}
	d.known++
	slot := binary.LittleEndian.Uint32(in)
	switch {
	case slot >= d.end:
		return nil, damaged("node %d of %d slots", slot, d.end)
	case uint64(slot) >= d.reach():
		d.waiting = append(d.waiting, bytes.Clone(in[:size]))
		return in[size:], nil
	}
	return in[size:], d.place(in[:size])
}

// nodeSize returns how many bytes of in belong to the node that it begins with.
func (d *decoder) nodeSize(in []byte) (int, error) {
	if len(in) < nodeHead {
		return 0, damaged("a node is cut off")
	}
	level := int(in[nodeHead-1] &^ hiddenMark)
	if level > maxLevel {
		return 0, damaged("a node of level %d", level)
	}
	size := nodeHead
	for layer := range level + 1 {
		if len(in) < size+2 {
			return 0, damaged("a list is cut off")
		}
		n := int(binary.LittleEndian.Uint16(in[size:]))
		if size += 2 + 4*n; n > d.graph.links.width(layer) || size > len(in) {
			return 0, damaged("a list of %d links", n)
		}
	}
	return size, nil
}

// A slot number says how much memory is needed, and may lie. So slots are given room only as far as the nodes that have
// come so far make them likely; those of the others wait until the part has come whole.
const (
	freeAhead  = 1 << 16 // free slots that there may be in any case
	freeByNode = 16      // and for each node: a graph that deletes have thinned out is moved together (compact.go)
)

// reach returns the slot number below which slots are given room.
func (d *decoder) reach() uint64 { return freeAhead + freeByNode*uint64(d.known) }

// placeWaiting places the nodes whose slots were out of reach when they came.
func (d *decoder) placeWaiting() error {
	for _, node := range d.waiting {
		if slot := binary.LittleEndian.Uint32(node); uint64(slot) >= d.reach() {
			return damaged("node %d of %d nodes", slot, d.known)
		}
		if err := d.place(node); err != nil {
			return err
		}
	}
	d.waiting = nil
	return nil
}

// place takes a node in. Where its links lead is checked when all nodes are known.
func (d *decoder) place(in []byte) error {
	slot, key, level := binary.LittleEndian.Uint32(in), binary.LittleEndian.Uint64(in[4:]), in[nodeHead-1]
	if missing := int(slot) + 1 - len(d.nodes); missing > 0 {
		d.nodes = append(d.nodes, make([]savedNode, missing)...)
	}
	d.nodes[slot] = savedNode{key: key, linked: true, hidden: level&hiddenMark != 0}
	level &^= hiddenMark
	d.graph.links.prepare(slot, int(level))
	in = in[nodeHead:]
	for layer := range int(level) + 1 {
		l, n := d.graph.links.list(slot, layer), int(binary.LittleEndian.Uint16(in))
		in = in[2:]
		for i := range n {
			element := binary.LittleEndian.Uint32(in[4*i:])
			to := element &^ uint32(treeMark)
			if to >= d.end {
				return damaged("node %d: link to node %d of %d slots", slot, to, d.end)
			}
			l.set(i, linkTo(to, element != to))
		}
		in = in[4*n:]
	}
	return nil
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
