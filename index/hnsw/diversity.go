package hnsw

import "slices"

// diverse leaves in w.kept the neighbours that Algorithm 4 of the paper chooses from candidates (best first): one is
// passed over when a neighbour already kept is closer to it than the node itself, because a walk gets there through that
// neighbour. Ties are kept. It takes at most m. Nodes of always are kept whatever the rule says and are not counted.
func (w *walk) diverse(candidates []candidate, m int, always []uint32) {
	w.kept, w.keptSlots = w.kept[:0], w.keptSlots[:0]
	w.keepDiverse(candidates, m, always)
}

// keepDiverse goes on from what is kept already.
func (w *walk) keepDiverse(candidates []candidate, m int, always []uint32) {
	for _, c := range candidates {
		switch {
		case len(always) > 0 && slices.Contains(always, c.slot()):
		case m > 0 && !w.covered(c):
			m--
		default:
			continue
		}
		w.kept, w.keptSlots = append(w.kept, c), append(w.keptSlots, c.slot())
	}
}

// coveredStep is how many kept neighbours are scored at a time. Most of those that cover are among the first.
const coveredStep = 4

// covered tells whether one of the kept neighbours is closer to c than the node that c was scored against.
func (w *walk) covered(c candidate) bool {
	if len(w.kept) == 0 {
		return false
	}
	w.pair.AskSlot(c.slot())
	limit := c.score()
	for kept := w.keptSlots; len(kept) > 0; {
		n := min(coveredStep, len(kept))
		for _, s := range w.pair.Score(kept[:n]) {
			if s > limit {
				return true
			}
		}
		kept = kept[n:]
	}
	return false
}

// relink replaces the links of a node on a layer by the best diverse ones among candidates, which it sorts, and the tree
// edges to the slots of tree, which must be among the candidates.
func (g *graph) relink(w *walk, slot uint32, layer int, candidates []candidate, tree []uint32) {
	sortBestFirst(candidates)
	w.diverse(candidates, g.links.width(layer)-len(tree), tree)
	g.write(slot, layer, w.kept, tree)
}

// write stores a list of links, those to the slots of tree as tree edges.
func (g *graph) write(slot uint32, layer int, neighbours []candidate, tree []uint32) {
	l := g.links.list(slot, layer)
	for i, c := range neighbours {
		l.set(i, linkTo(c.slot(), slices.Contains(tree, c.slot())))
	}
	for i := len(neighbours); i < len(l); i++ {
		l.set(i, noLink)
	}
	g.links.touch(slot)
}

func sortBestFirst(candidates []candidate) {
	slices.Sort(candidates)
	slices.Reverse(candidates)
}
