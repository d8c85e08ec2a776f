//go:build !invariants

package hnsw

func (g *graph) mustBeSound() {}
