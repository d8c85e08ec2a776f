package hnsw

import "pinax/index/internal/vectors"

// The spanning tree of layer 0. Its edges are links that both ends hold and mark, so pruning leaves them alone. A node
// joins the tree with the nearest of its neighbours that has room; a node that leaves has its ends joined to each other.
// A node takes part in at most treeRoom edges, which leaves at least M-1 of its 2M links to the diversity rule.

// treeRoom returns the number of tree edges that a node may have: at least 3, so that a tree can always branch.
func (g *graph) treeRoom() int { return max(g.options.M, 3) }

// roomNear returns a node that has room for one more edge: from itself, or one that tree edges lead to, those most similar
// to what q was asked tried first. There is one in every tree: its leaves have one edge or none. It uses w.open.
func (g *graph) roomNear(w *walk, q *vectors.Query, from uint32) uint32 {
	for {
		if slot, ok := g.tryRoomNear(w, q, from); ok {
			return slot
		}
		// Other writers were storing lists anew, and an edge on the way was not to be seen for a moment.
	}
}

func (g *graph) tryRoomNear(w *walk, q *vectors.Query, from uint32) (slot uint32, ok bool) {
	w.forget()
	w.visit(from)
	w.open = append(w.open[:0], ^newCandidate(0, from))
	for len(w.open) > 0 {
		c := ^w.open.pop()
		at := c.slot()
		edges := g.links.list(at, 0)
		if edges.treeDegree() < g.treeRoom() {
			return at, true
		}
		for i := range edges {
			to := edges.at(i)
			if to == noLink {
				break
			}
			if slot := to.slot(); to.tree() && w.visit(slot) {
				w.open.push(^scoreOne(q, slot))
			}
		}
	}
	return 0, false
}

// join makes a tree edge between two nodes that both have room.
func (g *graph) join(w *walk, a, b uint32) {
	g.addTreeEdge(w, a, b)
	g.addTreeEdge(w, b, a)
}

// addTreeEdge stores the link from → to as a tree edge: as a mark on the link that is there, in a free place, or in the
// place of the farthest link without a mark.
func (g *graph) addTreeEdge(w *walk, from, to uint32) {
	l := g.links.list(from, 0)
	at := l.find(to)
	if at < 0 {
		at = l.len()
	}
	if at == len(l) {
		at = w.worstPlain(from, l)
	}
	l.set(at, linkTo(to, true))
	g.links.touch(from)
}

// worstPlain returns the place of the farthest neighbour of slot without a mark.
func (w *walk) worstPlain(slot uint32, l list) int {
	w.pair.AskSlot(slot)
	worst, place := ^candidate(0), 0
	for i := range l {
		if to := l.at(i); !to.tree() {
			if c := scoreOne(w.pair, to.slot()); c < worst {
				worst, place = c, i
			}
		}
	}
	return place
}

// leaveTree takes a node out of the tree and joins those that it held together, each to the most similar of those already
// joined.
func (g *graph) leaveTree(w *walk, slot uint32) {
	var ends []uint32
	for i, l := 0, g.links.list(slot, 0); i < len(l) && l.at(i) != noLink; i++ {
		if to := l.at(i); to.tree() {
			ends = append(ends, to.slot())
		}
	}
	for _, end := range ends {
		l := g.links.list(end, 0)
		l.remove(l.find(slot))
		g.links.touch(end)
	}
	for i := 1; i < len(ends); i++ {
		g.join(w, g.partner(w, ends[:i], ends[i]), ends[i])
	}
}

// partner returns the node to join end to: the most similar of joined, or the nearest to that one with room.
func (g *graph) partner(w *walk, joined []uint32, end uint32) uint32 {
	w.pair.AskSlot(end)
	var best candidate
	for i, s := range w.pair.Score(joined) {
		best = max(best, newCandidate(s, joined[i]))
	}
	return g.roomNear(w, w.pair, best.slot())
}
