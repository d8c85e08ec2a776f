//go:build linux

package main

import (
	"fmt"
	"io"

	"pinax/index"
	"pinax/index/coder"
	"pinax/index/distance"
	"pinax/index/hnsw"
)

// This file is all that knows how an index is configured and asked.

// configurations lists the names that newIndex takes.
func configurations() []string { return []string{"default", "codes", "f16", "f32", "coder"} }

// newIndex returns an empty index of rows whose keys are their places in base.
func newIndex(base vectors, r request) (index.Index, error) {
	dimension := base.dimension
	switch r.Config {
	case "default", "codes", "f16", "f32":
		o := hnsw.DefaultOptions(dimension)
		switch r.Config {
		case "codes": // full vectors are in the mapped file
			o.Memory, o.Source = index.MemoryCodes, base.read
		case "f16":
			o.Quantizer = "f16"
		case "f32":
			o.Quantizer = "none"
		}
		o.Workers = r.Threads
		o.M = orElse(r.M, o.M)
		o.EfConstruction = orElse(r.EfConstruction, o.EfConstruction)
		return hnsw.New(o)
	case "coder":
		o := coder.DefaultOptions(dimension)
		o.M = orElse(r.M, o.M)
		o.ExactBelow = -1 // it would scan small sets
		return coder.New(o)
	}
	return nil, fmt.Errorf("configuration %q is none of %v", r.Config, configurations())
}

// searchOptions are those of one search; accept may be nil.
func searchOptions(r request, accept *accepted) index.SearchOptions {
	o := index.SearchOptions{K: orElse(r.K, neighbours), Ef: r.Ef, Exact: r.Exact}
	if accept != nil {
		o.Filter = &index.Filter{Accept: accept.has, Keys: accept.list, Len: len(accept.keys)}
	}
	return o
}

// restoreIndex fills an empty index from a checkpoint with rows up to stop.
func restoreIndex(x index.Index, from io.Reader, v vectors, stop int) error {
	return x.Restore(from, func(yield func(uint64, []float32) bool) {
		for row := range stop {
			if !yield(uint64(row), v.row(row)) {
				return
			}
		}
	})
}

// read is an index.Source.
func (v vectors) read(keys []uint64, use func(i int, vector []float32)) error {
	for i, key := range keys {
		use(i, v.row(int(key)))
	}
	return nil
}

// list yields the rows that are accepted.
func (a *accepted) list(yield func(key uint64) bool) {
	for _, row := range a.keys {
		if !yield(uint64(row)) {
			return
		}
	}
}

// memory is what an index says that it holds, in bytes a vector.
type memory struct {
	Codes   float64 `json:"codes"`
	Vectors float64 `json:"vectors"`
	Links   float64 `json:"links"`
	Keys    float64 `json:"keys"`
}

func partsOf(s index.Stats) memory {
	n := float64(max(s.Vectors, 1))
	return memory{
		Codes: float64(s.CodeBytes) / n, Vectors: float64(s.VectorBytes) / n,
		Links: float64(s.LinkBytes) / n, Keys: float64(s.KeyBytes) / n,
	}
}

// dot is the inner product as the index computes it.
func dot(a, b []float32) float32 { return distance.Dot(a, b) }

// kernels names the instructions that dot uses.
func kernels() string { return distance.Kernels() }

func orElse(value, standard int) int {
	if value == 0 {
		return standard
	}
	return value
}
