package hnsw

import (
	"context"

	"pinax/index/internal/vectors"
)

// stepsBetweenLooks is how many nodes a walk expands before it looks at its context again.
const stepsBetweenLooks = 32

// walk is the memory of one walk over the graph, pooled between walks.
type walk struct {
	query   *vectors.Query   // what the walk is for
	pair    *vectors.Query   // for comparing nodes with each other meanwhile
	visited []uint64         // bit set: slots that the walk came by. It is small enough for the cache
	marked  []uint32         // words of visited with a bit in them
	open    heap             // complements of nodes to expand, the best first
	found   heap             // the best nodes so far, the worst first
	fresh   []uint32         // neighbours of one node not seen before
	scored  []candidate      // fresh, scored
	near    []candidate      // all that came within the margin of the k-th best
	steps   int              // nodes that the latest walk within reach expanded
	best    []vectors.Scored // what is scored on full vectors in the end

	// Of a writer, while it links a node.
	chosen    [maxLevel + 1][]candidate // neighbours of the new node, by layer
	kept      []candidate
	keptSlots []uint32
	tree      []uint32
	around    []candidate
	pending   []uint32
}

func (g *graph) newWalk() *walk {
	if w, ok := g.walks.Get().(*walk); ok {
		return w
	}
	return &walk{query: g.store.NewQuery(), pair: g.store.NewQuery()}
}

// begin forgets what earlier walks visited and starts from one node.
func (w *walk) begin(from candidate) {
	w.forget()
	w.open, w.found = w.open[:0], w.found[:0]
	w.visit(from.slot())
	w.open.push(^from)
}

// forget makes every slot unvisited.
func (w *walk) forget() {
	for _, word := range w.marked {
		w.visited[word] = 0
	}
	w.marked = w.marked[:0]
}

// visit marks a slot and returns whether it was unmarked.
func (w *walk) visit(slot uint32) bool {
	word, bit := slot/64, uint64(1)<<(slot%64)
	if int(word) >= len(w.visited) {
		w.grow(int(word) + 1)
	}
	if w.visited[word]&bit != 0 {
		return false
	}
	w.visited[word] |= bit
	w.marked = append(w.marked, word)
	return true
}

// grow makes room for n words; the graph may grow during a walk.
func (w *walk) grow(n int) {
	visited := make([]uint64, max(n, len(w.visited)+len(w.visited)/4, 16))
	copy(visited, w.visited)
	w.visited = visited
}

// score appends the candidates for slots, scored against what a query was asked, to out.
func score(q *vectors.Query, slots []uint32, out []candidate) []candidate {
	for i, s := range q.Score(slots) {
		out = append(out, newCandidate(s, slots[i]))
	}
	return out
}

// scoreOne returns the candidate for one slot.
func scoreOne(q *vectors.Query, slot uint32) candidate {
	return newCandidate(q.Score([]uint32{slot})[0], slot)
}

// step leaves the neighbours in a list that were not visited before in w.scored.
func (w *walk) step(neighbours list) {
	w.fresh = w.fresh[:0]
	for i := range neighbours {
		to := neighbours.at(i)
		if to == noLink {
			break
		}
		if slot := to.slot(); w.visit(slot) {
			w.fresh = append(w.fresh, slot)
		}
	}
	w.scored = score(w.query, w.fresh, w.scored[:0])
}

// climb returns the node of a layer that no neighbour beats, coming from at (Algorithm 2 of the paper with ef = 1). What
// was scored on the way down need not be again: at is no worse. The caller forgets before the first layer.
func (g *graph) climb(w *walk, at candidate, layer int) candidate {
	for {
		w.step(g.links.list(at.slot(), layer))
		best := at
		for _, c := range w.scored {
			best = max(best, c)
		}
		if best == at {
			return at
		}
		at = best
	}
}

// explore walks a layer from the node that begin was given and leaves the best ef live nodes in w.found (Algorithm 2 of the
// paper). Nodes that are deleted are walked through, not found.
func (g *graph) explore(ctx context.Context, w *walk, layer, ef int) error {
	g.consider(w, ^w.open[0], ef)
	for steps := 1; len(w.open) > 0; steps++ {
		at := ^w.open.pop()
		if len(w.found) >= ef && at < w.found[0] {
			break
		}
		if steps%stepsBetweenLooks == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		w.step(g.links.list(at.slot(), layer))
		for _, c := range w.scored {
			if len(w.found) >= ef && c < w.found[0] {
				continue
			}
			w.open.push(^c)
			g.links.prefetch(c.slot(), layer)
			g.consider(w, c, ef)
		}
	}
	return nil
}

// consider adds a node that is good enough to those found, if it is live.
func (g *graph) consider(w *walk, c candidate, ef int) {
	switch {
	case !g.store.Shown(c.slot()):
	case len(w.found) < ef:
		w.found.push(c)
	default:
		w.found.replaceRoot(c)
	}
}
