package hnsw

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// parallelFrom is the number of new nodes from which it pays to link them on several cores.
const parallelFrom = 8

// insert stores vectors under new keys and links them. Writer.
func (g *graph) insert(keys []uint64, vectors [][]float32) {
	slots := make([]uint32, len(keys))
	for i, key := range keys {
		slot := g.store.Take()
		g.store.Put(slot, key)
		g.links.prepare(slot, g.level(key))
		slots[i] = slot
	}
	workers := g.options.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, 1+len(keys)/parallelFrom)
	var together []int
	for i, slot := range slots {
		// A node of a new highest level becomes the entry point, so it is linked while nothing else is.
		if workers == 1 || g.raises(slot) {
			g.insertAt(slot, vectors[i])
		} else {
			together = append(together, i)
		}
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(together)) {
		group.Go(func() {
			for n := int(next.Add(1)); n <= len(together); n = int(next.Add(1)) {
				i := together[n-1]
				g.insertAt(slots[i], vectors[i])
			}
		})
	}
	group.Wait()
}

// raises tells whether a prepared node is on a higher layer than any other.
func (g *graph) raises(slot uint32) bool {
	_, top, ok := g.start()
	return !ok || g.links.level(slot) > top
}

// insertAt gives a prepared slot its vector and links it (Algorithm 1 of the paper). Several may run beside one another
// unless the node raises the graph.
func (g *graph) insertAt(slot uint32, vector []float32) {
	w := g.newWalk()
	defer g.walks.Put(w)
	g.store.Set(w.query, slot, vector)
	g.links.touch(slot)
	level := g.links.level(slot)
	entry, top, ok := g.start()
	if !ok {
		g.store.Show(slot)
		g.setStart(slot, level)
		return
	}
	w.query.AskSlot(slot)
	g.choose(w, scoreOne(w.query, entry), top, level)

	// Its own links first, on all layers: walks that come to the new node must find a way on.
	for layer := min(level, top); layer > 0; layer-- {
		g.write(slot, layer, w.chosen[layer], nil)
	}
	g.store.Show(slot)
	parent := g.joinTree(w, slot)
	for layer := min(level, top); layer >= 0; layer-- {
		for _, c := range w.chosen[layer] {
			if layer > 0 || c.slot() != parent {
				g.linkBack(w, c, slot, layer)
			}
		}
	}
	if level > top {
		g.setStart(slot, level)
	}
}

// choose finds the neighbours of a new node, what w.query was asked, for the layers from level down and leaves them in
// w.chosen, and all that it found on layer 0, the best first, in w.found.
func (g *graph) choose(w *walk, at candidate, top, level int) {
	w.forget()
	for layer := top; layer > level; layer-- {
		at = g.climb(w, at, layer)
	}
	for layer := min(top, level); layer >= 0; layer-- {
		w.begin(at)
		_ = g.explore(context.Background(), w, layer, g.options.EfConstruction) // that context never ends
		found := []candidate(w.found)
		sortBestFirst(found)
		w.diverse(found, g.options.M, nil)
		w.chosen[layer] = append(w.chosen[layer][:0], w.kept...)
		if len(found) > 0 { // nobody alive may be left on a high layer
			at = found[0]
		}
	}
}

// joinTree writes the links of a new node on layer 0, one of them an edge of the tree, and returns the node at its other
// end. Until then nothing leads to the new node.
func (g *graph) joinTree(w *walk, slot uint32) (parent uint32) {
	for {
		c := g.treeParent(w)
		links := w.chosen[0]
		if !slices.Contains(links, c) {
			links = append(append(w.around[:0], links...), c) // one more than M fits into 2M
			w.around = links
		}
		g.write(slot, 0, links, []uint32{c.slot()})
		if g.adopt(w, c, slot) {
			return c.slot()
		}
	}
}

// treeParent returns the node through which the new one is to join the tree: the nearest of those that choose found on
// layer 0 with room.
func (g *graph) treeParent(w *walk) candidate {
	// Not only the chosen ones are asked: where many are alike, few of them are chosen and soon full, and the edge would
	// lead out of their midst.
	for _, c := range w.found {
		if g.links.list(c.slot(), 0).treeDegree() < g.treeRoom() {
			return c
		}
	}
	return scoreOne(w.query, g.roomNear(w, w.query, w.found[0].slot()))
}

// adopt makes the new node slot a child of parent in the tree, unless other writers took the last room there.
func (g *graph) adopt(w *walk, parent candidate, slot uint32) bool {
	lock := g.links.lock(parent.slot())
	lock.Lock()
	defer lock.Unlock()
	if g.links.list(parent.slot(), 0).treeDegree() >= g.treeRoom() {
		return false
	}
	g.addLink(w, parent, slot, 0, true)
	return true
}

// linkBack adds a link from a neighbour to the new node slot.
func (g *graph) linkBack(w *walk, neighbour candidate, slot uint32, layer int) {
	lock := g.links.lock(neighbour.slot())
	lock.Lock()
	defer lock.Unlock()
	g.addLink(w, neighbour, slot, layer, false)
}

// addLink adds a link from a neighbour to the new node slot, choosing anew when the neighbour's list is full. The caller
// holds the lock of the neighbour.
func (g *graph) addLink(w *walk, neighbour candidate, slot uint32, layer int, tree bool) {
	at := neighbour.slot()
	l := g.links.list(at, layer)
	if n := l.len(); n < len(l) {
		l.set(n, linkTo(slot, tree))
		g.links.touch(at)
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
	w.pair.AskSlot(at)
	w.around = score(w.pair, w.fresh, w.around[:0])
	w.around = append(w.around, newCandidate(neighbour.score(), slot))
	g.relink(w, at, layer, w.around, w.tree)
}
