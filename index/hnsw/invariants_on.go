//go:build invariants

package hnsw

// mustBeSound panics when the graph is not sound. It is expensive, and only there with the build tag invariants.
func (g *graph) mustBeSound() {
	if err := g.verify(); err != nil {
		panic("hnsw: " + err.Error())
	}
}
