package hnsw

import (
	"math"
	"sync"
	"sync/atomic"

	"pinax/index/internal/rows"
	"pinax/index/internal/vectors"
)

// graph is the data of an Index. Methods of the writer are called with Index.writer held.
type graph struct {
	options Options
	store   *vectors.Store
	links   *adjacency
	entry   atomic.Uint64 // where walks start: level+1 above the slot; zero while there is no node
	walks   sync.Pool     // of *walk
	pace    *pace
	tuning  *tuning

	// The writer's.
	hidden     []uint32 // deleted, still linked as way points
	renumbered bool     // since the last checkpoint: the next one cannot go on from it
}

func newGraph(o Options) (*graph, error) {
	store, err := vectors.New(o.VectorOptions)
	if err != nil {
		return nil, err
	}
	g := &graph{options: o, store: store, links: newAdjacency(o.M), pace: &pace{}, tuning: &tuning{}}
	g.pace.scan.start(firstScan)
	g.pace.ask.start(firstAsk)
	g.pace.walk.start(firstWalk)
	return g, nil
}

// start returns the entry point and its level.
func (g *graph) start() (slot uint32, level int, ok bool) {
	e := g.entry.Load()
	return uint32(e), int(e>>32) - 1, e != 0
}

func (g *graph) setStart(slot uint32, level int) { g.entry.Store(uint64(level+1)<<32 | uint64(slot)) }

// level returns the level that a node with this key gets: floor(-ln(u)/ln(M)) for u uniform in (0, 1], as the paper has
// it (section 4). The number comes from the key, not from a sequence: a graph that was restored grows on as the one that
// was saved would have.
func (g *graph) level(key uint64) int {
	u := (float64(rows.Mix(key^rows.Mix(g.options.Seed))>>11) + 1) * 0x1p-53
	return min(int(-math.Log(u)/math.Log(float64(g.options.M))), maxLevel)
}
