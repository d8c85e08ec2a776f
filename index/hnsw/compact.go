package hnsw

// A graph that has lost most of its nodes is moved into a smaller one, since slots are used again but never given back.

const (
	// compactShare is how many slots there may be for each node.
	compactShare = 2
	// compactFrom is the number of slots below which there is too little to win.
	compactFrom = 4096
)

// compactDue tells whether more slots are free than pays.
func (g *graph) compactDue() bool {
	end := int(g.store.End())
	return end >= compactFrom && end > compactShare*g.store.Len()
}

// compacted returns the same graph with its nodes in the first slots, in the order that they had. The graph must have been
// swept. Searches that are under way go on in the old one, whose memory is given back after the last of them.
func (g *graph) compacted() *graph {
	n := uint32(g.store.Len())
	c := &graph{
		options: g.options, store: g.store.Empty(), links: newAdjacency(g.options.M), pace: g.pace, tuning: g.tuning,
		renumbered: true,
	}

	moved := make([]uint32, g.store.End()) // by old slot
	next := uint32(0)
	for slot := range g.store.End() {
		if g.store.Shown(slot) {
			moved[slot] = next
			next++
		}
	}
	c.store.Extend(n, func(uint32) bool { return true })
	c.links.grow(n)
	for slot := range g.store.End() {
		if !g.store.Shown(slot) {
			continue
		}
		to := moved[slot]
		c.store.Put(to, g.store.Key(slot))
		c.store.Copy(to, g.store, slot)
		c.links.prepare(to, g.links.level(slot))
		for layer := range g.links.level(slot) + 1 {
			from, into := g.links.list(slot, layer), c.links.list(to, layer)
			for i, n := 0, from.len(); i < n; i++ {
				l := from.at(i)
				into.set(i, linkTo(moved[l.slot()], l.tree()))
			}
		}
		c.store.Show(to)
	}
	if entry, top, ok := g.start(); ok && n > 0 {
		c.setStart(moved[entry], top)
	}
	return c
}
