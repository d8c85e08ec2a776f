package hnsw

import (
	"fmt"

	"pinax/index"
)

// Options are the settings of an Index. Where not said otherwise, zero means the value that DefaultOptions has.
type Options struct {
	index.VectorOptions

	M              int    // links that a new node gets on a layer, 2 to 128; layer 0 holds up to 2M, the others M
	EfConstruction int    // candidates kept while a node is linked; raised to M
	EfSearch       int    // nodes that a search expands, about, when it does not say
	ExactBelow     int    // a search of fewer vectors scans them all; negative: never
	Workers        int    // that link the vectors of one Add; 0: one a core
	Seed           uint64 // of the levels; with one worker the same vectors in the same order give the same graph. Zero is a seed too.
}

// DefaultOptions returns the settings measured in docs/adr/0004-vector-indexes.md.
func DefaultOptions(dimension int) Options {
	return Options{VectorOptions: index.VectorOptions{Dimension: dimension, Quantizer: "int8"}, M: 16, EfConstruction: 200, EfSearch: 64, ExactBelow: 8000}
}

// complete returns the options with defaults filled in, or an error that says which is out of range.
func (o Options) complete() (Options, error) {
	d := DefaultOptions(o.Dimension)
	for _, f := range []struct {
		name            string
		value           *int
		standard        int
		lowest, highest int
	}{
		{"m", &o.M, d.M, 2, 128},
		{"ef_construction", &o.EfConstruction, d.EfConstruction, 1, 1 << 20},
		{"ef_search", &o.EfSearch, d.EfSearch, 1, 1 << 20},
		{"workers", &o.Workers, 0, 0, 1 << 10},
	} {
		if *f.value == 0 {
			*f.value = f.standard
		}
		if *f.value < f.lowest || *f.value > f.highest {
			return o, fmt.Errorf("%s is %d, not from %d to %d", f.name, *f.value, f.lowest, f.highest)
		}
	}
	if o.ExactBelow == 0 {
		o.ExactBelow = d.ExactBelow
	}
	o.EfConstruction = max(o.EfConstruction, o.M)
	return o, nil
}
