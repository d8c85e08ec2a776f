//go:build invariants

package hnsw

import "sync/atomic"

// Checking takes time in proportion to the graph, so a larger one is checked after some writes only.
const (
	alwaysCheckedUpTo = 200
	checkedEvery      = 16
)

var writes atomic.Uint64

// mustBeSound panics when the graph is not sound. It is expensive, and only there with the build tag invariants.
func (g *graph) mustBeSound() {
	if writes.Add(1)%checkedEvery != 0 && g.store.Len() > alwaysCheckedUpTo {
		return
	}
	if err := g.verify(); err != nil {
		panic("hnsw: " + err.Error())
	}
}
