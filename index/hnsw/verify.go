package hnsw

import "fmt"

// verify checks what must hold between writes and returns the first violation: lists are within bounds, without
// duplicates, and lead to nodes that are linked and on the layer; the marked links form one spanning tree; levels agree
// with the entry point. linked tells whether a slot below end is part of the graph.
func (a *adjacency) verify(end uint32, linked func(slot uint32) bool, start uint32, top int) error {
	v := verification{adjacency: a, end: end, linked: linked, sets: newSets(int(end)), seen: make([]uint32, end)}
	for slot := range end {
		if !linked(slot) {
			continue
		}
		v.nodes++
		if level := a.level(slot); level > top {
			return fmt.Errorf("node %d has level %d, the entry point %d", slot, level, top)
		}
		for layer := range a.level(slot) + 1 {
			if err := v.list(slot, layer); err != nil {
				return fmt.Errorf("node %d layer %d: %w", slot, layer, err)
			}
		}
	}
	switch {
	case v.nodes == 0:
		return nil
	case start >= end || !linked(start) || a.level(start) != top:
		return fmt.Errorf("entry point %d is not a node of level %d", start, top)
	case v.halfEdges != 2*(v.nodes-1):
		// With one edge fewer than nodes and none that closes a circle, the edges connect all nodes.
		return fmt.Errorf("%d tree edges between %d nodes", v.halfEdges/2, v.nodes)
	}
	return nil
}

type verification struct {
	*adjacency
	end       uint32
	linked    func(slot uint32) bool
	nodes     int
	halfEdges int      // each tree edge seen from both its ends
	sets      sets     // of nodes connected by tree edges
	seen      []uint32 // by slot: the number of the list in which it was seen last
	lists     uint32
}

func (v *verification) list(slot uint32, layer int) error {
	v.lists++
	l := v.adjacency.list(slot, layer)
	ended := false
	for i := range l {
		to := l.at(i)
		if to == noLink {
			ended = true
			continue
		}
		switch other := to.slot(); {
		case ended:
			return fmt.Errorf("link behind the end")
		case other >= v.end || !v.linked(other):
			return fmt.Errorf("link to %d, which is no node", other)
		case other == slot:
			return fmt.Errorf("link to itself")
		case v.level(other) < layer:
			return fmt.Errorf("link to %d of level %d", other, v.level(other))
		case v.seen[other] == v.lists:
			return fmt.Errorf("two links to %d", other)
		case to.tree():
			if err := v.treeEdge(slot, other, layer); err != nil {
				return err
			}
		}
		v.seen[to.slot()] = v.lists
	}
	return nil
}

func (v *verification) treeEdge(slot, other uint32, layer int) error {
	if layer > 0 {
		return fmt.Errorf("tree edge above layer 0")
	}
	v.halfEdges++
	back := v.adjacency.list(other, 0)
	if i := back.find(slot); i < 0 || !back.at(i).tree() {
		return fmt.Errorf("tree edge to %d is not in both lists", other)
	}
	// Each edge is met twice; the end with the lower slot counts it.
	if slot < other && !v.sets.union(slot, other) {
		return fmt.Errorf("tree edge to %d closes a circle", other)
	}
	return nil
}

// sets is a union-find structure (Galler and Fischer 1964).
type sets []uint32

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

func (s sets) root(x uint32) uint32 {
	for s[x] != x {
		s[x] = s[s[x]]
		x = s[x]
	}
	return x
}

// union joins the sets of a and b and returns whether they were two.
func (s sets) union(a, b uint32) bool {
	a, b = s.root(a), s.root(b)
	s[a] = b
	return a != b
}

// verify checks the graph of a writer.
func (g *graph) verify() error {
	hidden := make(map[uint32]bool, len(g.hidden))
	for _, slot := range g.hidden {
		if g.store.Shown(slot) {
			return fmt.Errorf("node %d is hidden and shown", slot)
		}
		hidden[slot] = true
	}
	for slot := range g.store.End() {
		if !g.store.Shown(slot) {
			continue
		}
		if found, ok := g.store.Find(g.store.Key(slot)); !ok || found != slot {
			return fmt.Errorf("key %d is in slot %d and found in %d", g.store.Key(slot), slot, found)
		}
	}
	linked := func(slot uint32) bool { return g.store.Shown(slot) || hidden[slot] }
	start, top, ok := g.start()
	if ok != (g.store.Len() > 0) {
		return fmt.Errorf("%d nodes, entry point %v", g.store.Len(), ok)
	}
	return g.links.verify(g.store.End(), linked, start, top)
}
