package hnsw

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
// Algorithm 4): every list with a link to one of them is chosen anew among the rest of the list and the neighbours of the
// one that goes. Walks that are inside a hidden node meanwhile still find its links; its slot is reused after them.
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

// relinkAround chooses every list with a link to a hidden node anew.
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

// heal chooses the links of a node anew among its live neighbours and those of its hidden ones. Tree edges stay: none leads
// to a hidden node any more.
func (g *graph) heal(w *walk, slot uint32, layer int) {
	w.forget()
	w.visit(slot)
	w.pending, w.tree = w.pending[:0], w.tree[:0]
	collect := func(to uint32) {
		if g.store.Shown(to) && w.visit(to) {
			w.pending = append(w.pending, to)
		}
	}
	l := g.links.list(slot, layer)
	for i, n := 0, l.len(); i < n; i++ {
		to := l.at(i)
		if to.tree() {
			w.tree = append(w.tree, to.slot())
		}
		collect(to.slot())
		if g.store.Shown(to.slot()) {
			continue
		}
		beyond := g.links.list(to.slot(), layer)
		for j, n := 0, beyond.len(); j < n; j++ {
			collect(beyond.at(j).slot())
		}
	}
	w.pair.AskSlot(slot)
	w.around = score(w.pair, w.pending, w.around[:0])
	g.relink(w, slot, layer, w.around, w.tree)
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
