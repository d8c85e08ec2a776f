package hnsw

import (
	"slices"

	"pinax/index/distance"
)

// diverse appends to kept the neighbours that Algorithm 4 of the paper chooses from candidates (best first): one is
// passed over when a neighbour already kept is closer to it than the node itself, because a walk gets there through that
// neighbour. Ties are kept. It takes at most m. Nodes of always are kept whatever the rule says and are not counted.
func (g *graph) diverse(candidates []candidate, m int, always []uint32, kept []candidate) []candidate {
	for _, c := range candidates {
		switch {
		case len(always) > 0 && slices.Contains(always, c.slot()):
			kept = append(kept, c)
		case m > 0 && !g.covered(c, kept):
			kept = append(kept, c)
			m--
		}
	}
	return kept
}

// covered tells whether one of the kept neighbours is closer to c than the node that c was scored against.
func (g *graph) covered(c candidate, kept []candidate) bool {
	t, row, score := g.table, g.table.Vector(c.slot()), c.score()
	for ; len(kept) >= 4; kept = kept[4:] {
		var s [4]float32
		distance.Dot4(row, t.Vector(kept[0].slot()), t.Vector(kept[1].slot()), t.Vector(kept[2].slot()),
			t.Vector(kept[3].slot()), &s)
		if s[0] > score || s[1] > score || s[2] > score || s[3] > score {
			return true
		}
	}
	for _, k := range kept {
		if distance.Dot(row, t.Vector(k.slot())) > score {
			return true
		}
	}
	return false
}

// relink replaces the links of a node on a layer by the best diverse ones among candidates, which it sorts, and the tree
// edges to the slots of tree, which must be among the candidates.
func (g *graph) relink(w *walk, slot uint32, layer int, candidates []candidate, tree []uint32) {
	sortBestFirst(candidates)
	w.kept = g.diverse(candidates, g.links.width(layer)-len(tree), tree, w.kept[:0])
	g.store(slot, layer, w.kept, tree)
}

// store writes a list of links, those to the slots of tree as tree edges.
func (g *graph) store(slot uint32, layer int, neighbours []candidate, tree []uint32) {
	l := g.links.list(slot, layer)
	for i, c := range neighbours {
		l.set(i, linkTo(c.slot(), slices.Contains(tree, c.slot())))
	}
	for i := len(neighbours); i < len(l); i++ {
		l.set(i, noLink)
	}
}

func sortBestFirst(candidates []candidate) {
	slices.SortFunc(candidates, func(a, b candidate) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
}
