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

// A filtered search has two ways to go: to scan what the filter accepts, or to walk the graph with so many candidates that
// enough accepted ones are among them. Which one is quicker follows from how many keys are accepted, how many of them there
// are near the query, and how fast this machine was at both in the searches before.

const (
	// sampled is how many slots are asked when a filter does not say how many keys it accepts.
	sampled = 256
	// probeEf is the number of candidates of the walk that finds out how many are accepted near the query.
	probeEf = 32
	// probeWorth is how many times as wide as an unfiltered walk one must be for a probe to pay.
	probeWorth = 1.5
	// priorWeight is how many candidates near the query the share among all keys counts for.
	priorWeight = 2
)

// nearestMatching searches by the quicker way.
func (g *graph) nearestMatching(ctx context.Context, w *walk, o index.SearchOptions) ([]index.Neighbour, error) {
	n, matches := g.store.Len(), g.matches(o.Filter)
	p := filtered{graph: g, walk: w, options: o, matches: matches, slack: g.ef(o, n) - min(o.K, n)}
	p.share = float64(matches) / float64(n)
	ef := p.width()
	if matches <= o.K || p.scanPays(ef) {
		return p.scan(ctx)
	}
	if float64(ef) > probeWorth*float64(g.ef(o, n)) {
		if err := p.explore(ctx, probeEf); err != nil {
			return nil, err
		}
		ef = p.width()
	}
	for !p.scanPays(ef) {
		if err := p.explore(ctx, ef); err != nil {
			return nil, err
		}
		if len(w.found) >= o.K {
			return w.rank(o.K)
		}
		ef = max(p.width(), 2*ef)
	}
	return p.scan(ctx)
}

// filtered is one filtered search.
type filtered struct {
	graph   *graph
	walk    *walk
	options index.SearchOptions
	matches int
	share   float64 // of accepted ones among the nodes near the query, as far as is known
	slack   int     // candidates that an unfiltered walk keeps beyond the neighbours wanted
}

// width returns how many candidates a walk must keep to have as many accepted ones as are wanted, and somewhat more slack
// beyond the last of them than an unfiltered walk has: recall was measured to depend on that.
func (p *filtered) width() int {
	const moreSlack = 0.3
	slack := float64(p.slack) * (1 + moreSlack*(1-p.share))
	return int(min(float64(p.options.K)/max(p.share, 1e-6)+slack, math.MaxInt32))
}

// scanPays tells whether scanning the matches is quicker than a walk that keeps ef candidates.
func (p *filtered) scanPays(ef int) bool {
	g := p.graph
	if ef >= g.store.Len() {
		return true
	}
	meter, units := p.scanMeter()
	if meter.cost(units) < g.pace.walk.cost(ef) {
		return true
	}
	meter.relax() // or a scan that once was slow would never be tried again
	return false
}

// explore walks, leaves the accepted ones of ef candidates in found, and learns their share.
func (p *filtered) explore(ctx context.Context, ef int) error {
	if err := p.graph.explore0(ctx, p.walk, ef); err != nil {
		return err
	}
	kept := p.walk.keep(p.graph, p.options.Filter)
	p.share = (float64(kept) + priorWeight*p.share) / float64(ef+priorWeight)
	return nil
}

// scanMeter returns what tells the cost of a scan, and of how many units: of the matches when the filter lists them, else of
// all slots, each of which is asked for.
func (p *filtered) scanMeter() (m *meter, units int) {
	if g := p.graph; !g.store.ScansKeys(p.options.Filter) {
		return &g.pace.ask, int(g.store.End())
	}
	return &p.graph.pace.scan, p.matches
}

func (p *filtered) scan(ctx context.Context) ([]index.Neighbour, error) {
	start := time.Now()
	meter, units := p.scanMeter()
	found, err := p.graph.store.Scan(ctx, p.walk.query, p.options.K, p.options.Filter, vectors.Likely)
	if err == nil {
		meter.note(start, units)
	}
	return found, err
}

// matches returns how many keys a filter accepts, or an estimate from a sample.
func (g *graph) matches(f *index.Filter) int {
	if f.Keys != nil {
		return min(f.Len, g.store.Len()) // it may count keys that are not here
	}
	end, n := g.store.End(), g.store.Len()
	if end == 0 {
		return 0
	}
	accepted, shown := 0, 0
	for i := range uint64(sampled) { // at random, since keys may follow a pattern, but the same ones each time
		if slot := uint32(rows.Mix(i) % uint64(end)); g.store.Shown(slot) {
			shown++
			if f.Accept(g.store.Key(slot)) {
				accepted++
			}
		}
	}
	return accepted * n / max(shown, 1)
}

// keep takes out of w.found what a filter rejects and returns how many are left.
func (w *walk) keep(g *graph, f *index.Filter) int {
	accepted := w.found[:0]
	for _, c := range w.found {
		if f.Accept(g.store.Key(c.slot())) {
			accepted = append(accepted, c)
		}
	}
	w.found = accepted
	return len(accepted)
}

// pace is what searches have cost so far.
type pace struct {
	scan meter // a match of a scan of listed keys
	ask  meter // a slot of a scan of all
	walk meter // a candidate of a walk
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
