package hnsw

import "slices"

// sweepShare and sweepMost say how many deleted nodes may stay as way points: one for every sweepShare nodes, at most
// sweepMost. A sweep looks at every link, so this keeps its cost a delete bounded, while small graphs are swept at once.
const (
	sweepShare = 512
	sweepMost  = 256
)

// remove hides a key and returns whether it was there. Writer.
func (g *graph) remove(key uint64) bool {
	slot, ok := g.store.Find(key)
	if !ok {
		return false
	}
	g.store.Hide(slot)
	g.links.touch(slot)
	g.hidden = append(g.hidden, slot)
	return true
}

// sweepIfDue sweeps when enough nodes are hidden. Writer.
func (g *graph) sweepIfDue(w *walk) {
	n := len(g.hidden) + g.store.Len()
	if len(g.hidden) > min(n/sweepShare, sweepMost) {
		g.sweep(w)
	}
}

// sweep takes the hidden nodes out of the graph, in the manner of FreshDiskANN's delete consolidation (Singh et al. 2021,
// Algorithm 4): in every list with a link to one of them, a neighbour of the one that goes takes its place. Walks that are inside a hidden node meanwhile still find its links; its slot is reused after them.
// Writer.
func (g *graph) sweep(w *walk) {
	if len(g.hidden) == 0 {
		return
	}
	if g.store.Len() == 0 {
		g.entry.Store(0)
	} else {
		for _, slot := range g.hidden {
			g.leaveTree(w, slot)
		}
		g.relinkAround(w)
		g.moveStart()
	}
	for _, slot := range g.hidden {
		g.links.touch(slot)
	}
	g.store.Retire(g.hidden...)
	g.hidden = g.hidden[:0]
}

// relinkAround heals every list with a link to a hidden node.
func (g *graph) relinkAround(w *walk) {
	for slot := range g.store.End() {
		if !g.store.Shown(slot) {
			continue
		}
		for layer := range g.links.level(slot) + 1 {
			if g.holdsHidden(g.links.list(slot, layer)) {
				g.heal(w, slot, layer)
			}
		}
	}
}

func (g *graph) holdsHidden(l list) bool {
	for i := range l {
		to := l.at(i)
		if to == noLink {
			return false
		}
		if !g.store.Shown(to.slot()) {
			return true
		}
	}
	return false
}

// heal puts others in the place of the links of a node to hidden ones: the best diverse ones among the neighbours of those.
// The other links stay as they are: choosing anew among all would drop many of them, and deletes would thin the graph out.
// Tree edges stay in any case: none leads to a hidden node any more.
func (g *graph) heal(w *walk, slot uint32, layer int) {
	w.forget()
	w.visit(slot)
	w.fresh, w.pending, w.tree = w.fresh[:0], w.pending[:0], w.tree[:0]
	l := g.links.list(slot, layer)
	lost := 0
	for i, n := 0, l.len(); i < n; i++ {
		to := l.at(i)
		if !g.store.Shown(to.slot()) {
			lost++
			continue
		}
		w.visit(to.slot())
		w.fresh = append(w.fresh, to.slot())
		if to.tree() {
			w.tree = append(w.tree, to.slot())
		}
	}
	for i, n := 0, l.len(); i < n; i++ {
		if to := l.at(i).slot(); !g.store.Shown(to) {
			beyond := g.links.list(to, layer)
			for j, n := 0, beyond.len(); j < n; j++ {
				if next := beyond.at(j).slot(); g.store.Shown(next) && w.visit(next) {
					w.pending = append(w.pending, next)
				}
			}
		}
	}
	w.pair.AskSlot(slot)
	w.kept = score(w.pair, w.fresh, w.kept[:0])
	w.around = score(w.pair, w.pending, w.around[:0])
	sortBestFirst(w.around)
	w.keptSlots = append(w.keptSlots[:0], w.fresh...)
	before := len(w.kept)
	w.keepDiverse(w.around, lost, nil)
	for _, c := range w.around {
		if len(w.kept)-before >= lost {
			break
		}
		if !slices.Contains(w.keptSlots[before:], c.slot()) {
			w.kept = append(w.kept, c)
			w.keptSlots = append(w.keptSlots, c.slot())
		}
	}
	g.write(slot, layer, w.kept, w.tree)
}

// moveStart makes a live node of the highest level the entry point, unless it is one.
func (g *graph) moveStart() {
	if slot, _, ok := g.start(); ok && g.store.Shown(slot) {
		return
	}
	best, top := uint32(0), -1
	for slot := range g.store.End() {
		if g.store.Shown(slot) && g.links.level(slot) > top {
			best, top = slot, g.links.level(slot)
		}
	}
	g.setStart(best, top)
}
