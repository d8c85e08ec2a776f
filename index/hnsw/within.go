package hnsw

import (
	"context"
	"math"

	"pinax/index"
	"pinax/index/internal/vectors"
)

// A search ends where what is still to be walked to is clearly farther away than the k-th best so far: farther by a ratio of
// distances (Al-Jazzazi et al., "Distance adaptive beam search for provably accurate graph-based nearest neighbor search",
// 2025). A walk that keeps a fixed number of candidates instead stops too soon where many nodes are about equally near, and
// goes too far where few are.
//
// The ratio is the one within which there would be ef nodes if there are k within the distance of the k-th, in a space of as
// many dimensions as embeddings seem to have: (ef/k)^(1/d). So ef is about the number of nodes that walks expand on average.

const (
	// intrinsicDimension was measured with walks on drawn and real embeddings of 128 to 512 elements: 22 to 30.
	intrinsicDimension = 23
	// longest is how many times its width a walk without a filter may be.
	longest = 8
	// deciding is how many nodes decide at least where a walk ends: the distance of one alone says little of how many there
	// are about as near.
	deciding = 10
	// priorWeight is how many nodes near the query the share of accepted ones among all keys counts for.
	priorWeight = 2
)

// reach says how far a walk goes. Its limits move with the k-th best node.
type reach struct {
	k       int       // the node that decides: the k-th best
	slack   int       // nodes to come across beyond the k-th best
	all     bool      // walk everywhere
	power   float64   // of the ratio of numbers of nodes that gives the ratio of squared distances
	perfect float32   // no score is greater
	margin  float32   // by which codes may be off
	stretch float32   // squared distances as many times that of the k-th best are within reach
	near    candidate // what is worse is not among the k best
	edge    candidate // what is worse is not walked to

	// Of a filtered search.
	filter       *index.Filter        // nil: all are accepted
	asked        int                  // nodes that the filter was asked for
	share        float64              // of accepted ones among the nodes near the query, as far as is known
	stretchedFor float64              // the share that stretch is for
	worthwhile   func(steps int) bool // asked now and then whether to walk on; nil: yes
}

func (g *graph) reach(w *walk, k, ef int) reach {
	k, ef = max(k, deciding), max(ef, deciding)
	return reach{
		k: k, slack: max(0, ef-k), all: ef >= g.store.Len(), power: 2 / min(intrinsicDimension, float64(g.store.Dimension())),
		perfect: w.query.Perfect(), margin: w.query.Margin(vectors.Likely), share: 1,
	}
}

// width returns how many nodes a walk comes across, about: enough to have k accepted ones among them, and those beyond the
// last of these.
func (r *reach) width() int {
	return int(min(float64(r.k)/max(r.share, 1e-6)+r.beyond(), math.MaxInt32))
}

// beyond returns how many nodes to come across beyond the k-th best: up to 2.5 times the slack when few are accepted. With
// the same for every share, recall was measured to fall from 0.99 to 0.955 among a million.
func (r *reach) beyond() float64 { return float64(r.slack) * (2.5 - 1.5*r.share) }

// move puts the limits where they are with a k-th best of this score.
func (r *reach) move(score float32) {
	near := score - r.margin
	r.near = noWorseThan(near)
	if r.all {
		return
	}
	if r.stretchedFor != r.share {
		r.stretchedFor = r.share
		r.stretch = float32(math.Pow(1+r.beyond()*r.share/float64(r.k), r.power))
	}
	// The squared distance of unit vectors is twice what their inner product falls short of 1.
	r.edge = noWorseThan(min(near, r.perfect-r.stretch*max(0, r.perfect-score)))
}

// exploreWithin walks layer 0 from the node that begin was given, within reach. It leaves the live nodes that may be among
// the k best in w.found, and tells whether the walk came to its end.
func (g *graph) exploreWithin(ctx context.Context, w *walk, r *reach) (ended bool, err error) {
	w.near = w.near[:0]
	g.admit(w, ^w.open[0], r)
	steps := 1
	for ; len(w.open) > 0; steps++ {
		at := ^w.open.pop()
		if at < r.edge {
			break
		}
		if r.filter != nil || steps%stepsBetweenLooks == 0 { // a filter may take its time
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		if steps%stepsBetweenLooks == 0 {
			if r.worthwhile != nil && !r.worthwhile(steps) {
				return false, nil
			}
			if r.filter == nil && !r.all && steps > longest*r.width() {
				break
			}
		}
		w.step(g.links.list(at.slot(), 0))
		for _, c := range w.scored {
			if c < r.edge {
				continue
			}
			w.open.push(^c)
			g.links.prefetch(c.slot(), 0)
			if c >= r.near {
				g.admit(w, c, r)
			}
		}
	}
	w.steps = steps
	w.found = w.found[:0]
	for _, c := range w.near {
		if c >= r.near {
			w.found = append(w.found, c)
		}
	}
	return true, nil
}

// admit takes a node in that may be among the k best, if it is live and accepted, and moves the limits when it is one of them.
func (g *graph) admit(w *walk, c candidate, r *reach) {
	if !g.store.Shown(c.slot()) || r.filter != nil && !r.accepts(g.store.Key(c.slot())) {
		return
	}
	w.near = append(w.near, c)
	switch {
	case len(w.found) < r.k:
		w.found.push(c)
	case c > w.found[0]:
		w.found.replaceRoot(c)
	default:
		return
	}
	if len(w.found) == r.k {
		r.move(w.found[0].score())
	}
}

// accepts asks the filter, and learns from the answer how many nodes near the query it accepts.
func (r *reach) accepts(key uint64) bool {
	answer := 0.
	accepted := r.filter.Accept(key)
	if accepted {
		answer = 1
	}
	r.asked++
	r.share += (answer - r.share) / float64(priorWeight+r.asked)
	return accepted
}
