package hnsw

import (
	"context"
	"math"
	"math/bits"
	"slices"
	"sync"

	"pinax/index"
	"pinax/index/internal/topk"
)

// A search that asks for a recall gets the number of candidates that has brought it so far. It is learned from audits: now
// and then a search is repeated with many more candidates, and what the first walk missed of the second one's neighbours
// moves the number (stochastic approximation; Robbins and Monro, 1951). So it follows the collection as it grows and the
// queries as they come, which may be nothing like the stored vectors.
//
// What the wider walk misses too goes unnoticed, which makes the true recall a little smaller than the one asked for.

const (
	auditedAtFirst = 64 // searches that are all audited
	auditEvery     = 32 // after that, one in so many is
	auditWidth     = 4  // times as many candidates in an audit, at least auditEf
	auditEf        = 400
	// The logarithm of ef moves by what was missed times a gain, which falls with every audit: gainSum / (gainDelay + audits).
	gainSum   = 8.0
	gainDelay = 3.0
	leastGain = 0.1 // lets it follow what changes
	// recallSteps is how many recalls between 0 and 1 are told apart.
	recallSteps = 1000
)

// tuning is what was learned for each recall asked for.
type tuning struct {
	mu      sync.Mutex
	targets map[goal]*target
}

// goal is a recall in steps, and the number of bits of the neighbours wanted: few are found with other slack than many.
// Filters have goals of their own.
type goal struct {
	recall, size int
	filtered     bool
}

func goalOf(o index.SearchOptions) goal {
	return goal{int(o.Recall * recallSteps), bits.Len(uint(o.K)), o.Filter != nil}
}

// target is what was learned for one goal.
type target struct {
	logEf    float64
	searches int
	audits   int
}

// choose returns the candidates to keep for a goal, and whether to audit the search.
func (t *tuning) choose(at goal, initial int) (ef int, audit bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.targets == nil {
		t.targets = map[goal]*target{}
	}
	if t.targets[at] == nil {
		t.targets[at] = &target{logEf: math.Log(float64(initial))}
	}
	of := t.targets[at]
	of.searches++
	return int(math.Round(math.Exp(of.logEf))), of.audits < auditedAtFirst || of.searches%auditEvery == 0
}

// learn moves the candidates for a goal by the share of it that a search with them has missed. They stay between lowest and
// highest.
func (t *tuning) learn(at goal, missed float32, lowest, highest int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.targets[at]
	gain := max(leastGain, gainSum/(gainDelay+float64(of.audits)))
	of.audits++
	of.logEf += gain * float64(missed)
	of.logEf = min(max(of.logEf, math.Log(float64(lowest))), math.Log(float64(max(highest, lowest))))
}

// nearestWithRecall searches with the ef that the recall asked for takes.
func (g *graph) nearestWithRecall(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	var audit bool
	at := goalOf(o)
	o.Ef, audit = g.tuning.choose(at, max(g.options.EfSearch, o.K))
	found, err := g.nearestAccepted(ctx, w, o)
	if err != nil || !audit || len(found) == 0 {
		return found, err
	}
	more, err := g.audited(ctx, w, o)
	if err != nil {
		return nil, err
	}
	best := bestOf(found, more, o.K)
	hits := 0
	for _, n := range found {
		if slices.Contains(best, n) {
			hits++
		}
	}
	g.tuning.learn(at, o.Recall-float32(hits)/float32(len(best)), o.K, g.store.Len())
	return best, nil
}

// audited repeats a search with a much wider walk: one that keeps a fixed number of candidates, which the first did not, so
// that the two seldom miss the same.
func (g *graph) audited(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	o.Ef = max(auditWidth*o.Ef, auditEf, 2*w.steps)
	if o.Filter != nil {
		return g.nearestMatching(ctx, w, o)
	}
	if !g.descend(w) {
		return nil, nil // all was deleted meanwhile
	}
	if err := g.explore(ctx, w, 0, o.Ef); err != nil {
		return nil, err
	}
	return w.rank(o.K)
}

// bestOf returns the k best of two lists of neighbours, which may share some.
func bestOf(a, b []index.Neighbour, k int) []index.Neighbour {
	all := slices.Concat(a, b)
	slices.SortFunc(all, topk.Compare)
	all = slices.Compact(all)
	return all[:min(k, len(all))]
}
