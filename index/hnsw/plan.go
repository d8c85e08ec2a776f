package hnsw

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"pinax/index"
	"pinax/index/internal/rows"
	"pinax/index/internal/vectors"
)

// A filtered search has two ways to go: to scan what the filter accepts, or to walk the graph until enough accepted ones
// were come across. Which one is quicker follows from how many keys are accepted, how many of them there are near the query,
// and how fast this machine was at both in the searches before.

// sampled is how many slots are asked when a filter does not say how many keys it accepts.
const sampled = 256

// nearestMatching searches by the quicker way, and turns to a scan when a walk proves to be longer than was thought.
func (g *graph) nearestMatching(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	matches, err := g.matches(ctx, o.Filter)
	if err != nil {
		return nil, err
	}
	n := g.store.Len()
	k := min(o.K, n)
	p := filtered{graph: g, walk: w, options: o, matches: matches, reach: g.reach(w, k, g.ef(o, n))}
	p.reach.filter, p.reach.share = o.Filter, float64(matches)/float64(n)
	if matches <= p.reach.k || p.scanPays(p.reach.width()) {
		return p.scan(ctx)
	}
	p.scanMeter().relax() // or a scan that once was slow would never be tried again
	if err := p.explore(ctx); err != nil {
		return nil, err
	}
	if len(w.found) < k {
		return p.scan(ctx)
	}
	return w.rank(o.K)
}

// filtered is one filtered search.
type filtered struct {
	*graph
	walk    *walk
	options index.SearchOptions
	matches int
	reach   reach
}

// scanPays tells whether scanning the matches is quicker than a walk that comes across so many nodes.
func (p *filtered) scanPays(width int) bool {
	return width >= p.store.Len() || p.scanMeter().cost(p.scanUnits()) < p.pace.walk.cost(width)
}

// scanMeter returns what tells the cost of a scan.
func (p *filtered) scanMeter() *meter {
	if !p.store.ScansKeys(p.options.Filter) {
		return &p.pace.ask
	}
	return &p.pace.scan
}

// scanUnits returns of how many units that is the cost: the matches when the filter lists them, else all slots, each of which
// is asked for.
func (p *filtered) scanUnits() int {
	if !p.store.ScansKeys(p.options.Filter) {
		return int(p.store.End())
	}
	return p.matches
}

// explore walks as long as a scan would take longer than what is left to walk. It leaves what may be among the k best in
// w.found, nothing when it gave up.
func (p *filtered) explore(ctx context.Context) error {
	start := time.Now()
	p.walk.found = p.walk.found[:0]
	if !p.descend(p.walk) {
		return nil
	}
	p.reach.worthwhile = p.worthwhile
	ended, err := p.exploreWithin(ctx, p.walk, &p.reach)
	if err != nil {
		return err
	}
	if !ended {
		p.walk.found = p.walk.found[:0]
		return nil
	}
	p.pace.walk.note(start, p.reach.width())
	return nil
}

// worthwhile tells whether to walk on after so many steps: until what is left costs more than a scan or, where there is
// no telling any more, what was walked.
func (p *filtered) worthwhile(steps int) bool {
	if width := p.reach.width(); steps <= width {
		return !p.scanPays(width - steps)
	}
	return !p.scanPays(steps)
}

func (p *filtered) scan(ctx context.Context) ([]index.Neighbour, error) {
	start := time.Now()
	found, err := p.store.Scan(ctx, p.walk.query, p.options.K, p.options.Filter, vectors.Certain)
	if err == nil {
		p.scanMeter().note(start, p.scanUnits())
	}
	return found, err
}

// matches returns how many keys a filter accepts, or an estimate from a sample.
func (g *graph) matches(ctx context.Context, f *index.Filter) (int, error) {
	if f.Keys != nil {
		return min(f.Len, g.store.Len()), nil // it may count keys that are not here
	}
	end, n := g.store.End(), g.store.Len()
	if end == 0 {
		return 0, nil
	}
	accepted, shown := 0, 0
	for i := range uint64(sampled) { // at random, since keys may follow a pattern, but the same ones each time
		if slot := uint32(rows.Mix(i) % uint64(end)); g.store.Shown(slot) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			shown++
			if f.Accept(g.store.Key(slot)) {
				accepted++
			}
		}
	}
	return accepted * n / max(shown, 1), nil
}

// pace is what searches have cost so far.
type pace struct {
	scan meter // a match of a scan of listed keys
	ask  meter // a slot of a scan of all
	walk meter // a node of the width of a walk
}

// What is assumed before the first search.
const (
	firstScan = 30e-9 // seconds
	firstAsk  = 5e-9
	firstWalk = 500e-9
)

// meter is a moving average of the time that a unit of work takes.
type meter struct {
	seconds atomic.Uint64 // bits of a float64
	first   float64
}

// smoothing is the weight of the latest measurement.
const smoothing = 1. / 16

func (m *meter) start(seconds float64) {
	m.first = seconds
	m.set(seconds)
}

func (m *meter) set(seconds float64) { m.seconds.Store(math.Float64bits(seconds)) }

// relax moves the average a little towards what was assumed at first.
func (m *meter) relax() { m.set(m.cost(1) + (m.first-m.cost(1))/256) }

// note takes a measurement in. Of two at the same time one may be lost.
func (m *meter) note(start time.Time, units int) {
	if units < 64 { // too short to measure
		return
	}
	old := math.Float64frombits(m.seconds.Load())
	latest := time.Since(start).Seconds() / float64(units)
	latest = min(latest, 4*old) // one that was interrupted says little
	m.set(old + (latest-old)*smoothing)
}

// cost returns how many seconds so many units take.
func (m *meter) cost(units int) float64 {
	return math.Float64frombits(m.seconds.Load()) * float64(units)
}
