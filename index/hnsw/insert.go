package hnsw

import (
	"context"
	"slices"
)

// insert links a vector under a new key (Algorithm 1 of the paper). Writer.
func (g *graph) insert(w *walk, key uint64, vector []float32) {
	slot, level := g.table.Take(), g.level(key)
	g.table.Put(slot, key, vector)
	g.links.prepare(slot, level)
	g.slots[key] = slot

	entry, top, ok := g.start()
	if !ok {
		g.table.Show(slot)
		g.setStart(slot, level)
		return
	}
	w.query = g.table.Vector(slot)
	g.choose(w, newCandidate(g.table.Dot(slot, entry), entry), top, level)
	parent := g.treeParent(w)

	// Its own links first, on all layers: walks that come to the new node must find a way on.
	for layer := min(level, top); layer > 0; layer-- {
		g.store(slot, layer, w.chosen[layer], nil)
	}
	g.store(slot, 0, w.chosen[0], []uint32{parent})
	g.table.Show(slot)
	for layer := min(level, top); layer >= 0; layer-- {
		for _, c := range w.chosen[layer] {
			g.linkBack(w, c, slot, layer, layer == 0 && c.slot() == parent)
		}
	}
	if level > top {
		g.setStart(slot, level)
	}
	w.query = nil // belongs to the table
}

// choose finds the neighbours of a new node, the query of w, for the layers from level down and leaves them in w.chosen,
// and all that it found on layer 0, the best first, in w.found.
func (g *graph) choose(w *walk, at candidate, top, level int) {
	for layer := top; layer > level; layer-- {
		at = g.climb(w, at, layer)
	}
	for layer := min(top, level); layer >= 0; layer-- {
		w.begin(at)
		// The background context never ends, and without a bound the walk does not give up.
		_, _ = g.explore(context.Background(), w, layer, limits{ef: g.options.EfConstruction})
		found := []candidate(w.found)
		sortBestFirst(found)
		w.chosen[layer] = g.diverse(found, g.options.M, nil, w.chosen[layer][:0])
		if len(found) > 0 { // nobody alive may be left on a high layer
			at = found[0]
		}
	}
}

// treeParent returns the node through which the new one joins the tree: the nearest of those that choose found on layer 0
// with room. It sees to it that the parent is among those chosen.
func (g *graph) treeParent(w *walk) uint32 {
	// Not only the chosen ones are asked: where many are alike, few of them are chosen and soon full, and the edge would
	// lead out of their midst.
	i := slices.IndexFunc(w.found, func(c candidate) bool {
		return g.links.list(c.slot(), 0).treeDegree() < g.treeRoom()
	})
	var parent uint32
	if i >= 0 {
		parent = w.found[i].slot()
	} else {
		parent = g.roomNear(w, w.found[0].slot(), w.query)
	}
	if !slices.ContainsFunc(w.chosen[0], func(c candidate) bool { return c.slot() == parent }) {
		w.chosen[0] = g.score(w.query, []uint32{parent}, w.chosen[0]) // one more than M fits into 2M
	}
	return parent
}

// linkBack adds a link from a neighbour to the new node slot, choosing anew when the neighbour's list is full.
func (g *graph) linkBack(w *walk, neighbour candidate, slot uint32, layer int, tree bool) {
	at := neighbour.slot()
	l := g.links.list(at, layer)
	if n := l.len(); n < len(l) {
		l.set(n, linkTo(slot, tree))
		return
	}
	w.fresh, w.tree = w.fresh[:0], w.tree[:0]
	for i := range l {
		to := l.at(i)
		w.fresh = append(w.fresh, to.slot())
		if to.tree() {
			w.tree = append(w.tree, to.slot())
		}
	}
	if tree {
		w.tree = append(w.tree, slot)
	}
	w.around = g.score(g.table.Vector(at), w.fresh, w.around[:0])
	w.around = append(w.around, newCandidate(neighbour.score(), slot))
	g.relink(w, at, layer, w.around, w.tree)
}
