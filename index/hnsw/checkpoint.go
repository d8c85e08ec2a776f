package hnsw

import (
	"encoding/binary"
	"io"

	"pinax/index/internal/checkpoint"
)

// nodesBytes is the size at which a section of nodes is written.
const nodesBytes = 1 << 20

// noEntry stands for the entry point of an empty graph.
const noEntry = 1<<32 - 1

// Checkpoint implements index.Index: it writes keys, levels and links. Hidden nodes are swept out first. Searches go on
// meanwhile.
func (x *Index) Checkpoint(w io.Writer) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	g := x.graph.Load()
	scratch := g.newWalk()
	defer g.walks.Put(scratch)
	g.sweep(scratch)
	g.mustBeSound()

	out, err := checkpoint.NewWriter(w, checkpoint.HNSW, g.options.Dimension)
	if err != nil {
		return err
	}
	ordinals := g.ordinals()
	if err := out.Section(checkpoint.Params, g.params(ordinals)); err != nil {
		return err
	}
	var nodes []byte
	for slot := range g.table.End() {
		if !g.table.Shown(slot) {
			continue
		}
		if nodes = g.appendNode(nodes, slot, ordinals); len(nodes) >= nodesBytes {
			if err := out.Section(checkpoint.Nodes, nodes); err != nil {
				return err
			}
			nodes = nodes[:0]
		}
	}
	if len(nodes) > 0 {
		if err := out.Section(checkpoint.Nodes, nodes); err != nil {
			return err
		}
	}
	return out.Section(checkpoint.End, nil)
}

// ordinals numbers the live nodes by rising slot, so that ties between them break alike in the restored graph.
func (g *graph) ordinals() []uint32 {
	ordinals := make([]uint32, g.table.End())
	n := uint32(0)
	for slot := range g.table.End() {
		if g.table.Shown(slot) {
			ordinals[slot] = n
			n++
		}
	}
	return ordinals
}

func (g *graph) params(ordinals []uint32) []byte {
	entry := uint32(noEntry)
	if slot, _, ok := g.start(); ok {
		entry = ordinals[slot]
	}
	p := binary.LittleEndian.AppendUint32(nil, uint32(g.options.M))
	p = binary.LittleEndian.AppendUint32(p, uint32(g.table.Len()))
	return binary.LittleEndian.AppendUint32(p, entry)
}

// appendNode appends key, level, and for each layer from 0 the number of links and the links.
func (g *graph) appendNode(out []byte, slot uint32, ordinals []uint32) []byte {
	level := g.links.level(slot)
	out = binary.LittleEndian.AppendUint64(out, g.table.Key(slot))
	out = append(out, byte(level))
	for layer := range level + 1 {
		l := g.links.list(slot, layer)
		n := l.len()
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
		for i := range n {
			to := l.at(i)
			ordinal := ordinals[to.slot()]
			if to.tree() {
				ordinal |= uint32(treeMark)
			}
			out = binary.LittleEndian.AppendUint32(out, ordinal)
		}
	}
	return out
}
