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

// The kinds of a part of a checkpoint.
const (
	partFull    = 0
	partChanges = 1
)

// hiddenMark is set beside the level of a node that is deleted and still linked.
const hiddenMark = 0x80

// Checkpoint implements index.Index: it writes slots, keys, levels and links, of all nodes or of those that changed.
// Searches go on meanwhile.
func (x *Index) Checkpoint(w io.Writer, changes bool) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	g := x.graph.Load()
	changes = changes && !g.renumbered
	g.renumbered = false
	out, err := checkpoint.NewWriter(w, checkpoint.HNSW, g.options.Dimension)
	if err != nil {
		return err
	}
	if err := out.Section(checkpoint.Params, g.params(changes)); err != nil {
		return err
	}
	hidden := make(map[uint32]bool, len(g.hidden))
	for _, slot := range g.hidden {
		hidden[slot] = true
	}
	nodes, removed := section{out: out, kind: checkpoint.Nodes}, section{out: out, kind: checkpoint.Removed}
	for slot := range g.store.End() {
		changed := g.links.changed.Remove(slot)
		switch linked := g.store.Shown(slot) || hidden[slot]; {
		case changes && !changed:
			continue
		case linked:
			nodes.payload = g.appendNode(nodes.payload, slot, hidden[slot])
			err = nodes.flush(nodesBytes)
		case changes:
			removed.payload = binary.LittleEndian.AppendUint32(removed.payload, slot)
			err = removed.flush(nodesBytes)
		}
		if err != nil {
			return err
		}
	}
	for _, s := range []*section{&nodes, &removed} {
		if err := s.flush(1); err != nil {
			return err
		}
	}
	return out.Section(checkpoint.End, nil)
}

// section gathers a payload and writes it piece by piece.
type section struct {
	out     *checkpoint.Writer
	kind    checkpoint.Section
	payload []byte
}

// flush writes the payload when it has at least so many bytes.
func (s *section) flush(atLeast int) error {
	if len(s.payload) < atLeast {
		return nil
	}
	defer func() { s.payload = s.payload[:0] }()
	return s.out.Section(s.kind, s.payload)
}

// params are the settings and totals: M, the end of the slots, the entry point, and whether it is a list of changes.
func (g *graph) params(changes bool) []byte {
	entry := uint32(noEntry)
	if slot, _, ok := g.start(); ok {
		entry = slot
	}
	p := binary.LittleEndian.AppendUint32(nil, uint32(g.options.M))
	p = binary.LittleEndian.AppendUint32(p, g.store.End())
	p = binary.LittleEndian.AppendUint32(p, entry)
	if changes {
		return append(p, partChanges)
	}
	return append(p, partFull)
}

// appendNode appends slot, key, level with mark, and for each layer from 0 the number of links and the links.
func (g *graph) appendNode(out []byte, slot uint32, hidden bool) []byte {
	level := g.links.level(slot)
	out = binary.LittleEndian.AppendUint32(out, slot)
	out = binary.LittleEndian.AppendUint64(out, g.store.Key(slot))
	if hidden {
		out = append(out, byte(level)|hiddenMark)
	} else {
		out = append(out, byte(level))
	}
	for layer := range level + 1 {
		l := g.links.list(slot, layer)
		n := l.len()
		out = append(out, byte(n), byte(n>>8))
		for i := range n {
			to := l.at(i)
			element := to.slot()
			if to.tree() {
				element |= uint32(treeMark)
			}
			out = binary.LittleEndian.AppendUint32(out, element)
		}
	}
	return out
}
