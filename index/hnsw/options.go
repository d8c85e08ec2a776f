package hnsw

import "fmt"

// Options are the settings of an Index. Except for Dimension, zero means the value that DefaultOptions has.
type Options struct {
	Dimension      int    // elements of a vector, at least 1
	M              int    // links that a new node gets on a layer, 2 to 128; layer 0 holds up to 2M, the others M
	EfConstruction int    // candidates kept while a node is linked; raised to M
	EfSearch       int    // candidates kept in a search that does not say
	ExactBelow     int    // a search of fewer vectors scans them all; negative: never
	Seed           uint64 // of the levels; the same vectors in the same order give the same graph. Zero is a seed too.
}

// DefaultOptions returns the settings measured in docs/adr/0004-vector-indexes.md.
func DefaultOptions(dimension int) Options {
	return Options{Dimension: dimension, M: 16, EfConstruction: 100, EfSearch: 96, ExactBelow: 8000}
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
		{"dimension", &o.Dimension, 0, 1, 1 << 16},
		{"m", &o.M, d.M, 2, 128},
		{"ef_construction", &o.EfConstruction, d.EfConstruction, 1, 1 << 20},
		{"ef_search", &o.EfSearch, d.EfSearch, 1, 1 << 20},
	} {
		if *f.value == 0 {
			*f.value = f.standard
		}
		if *f.value < f.lowest || *f.value > f.highest {
			return o, fmt.Errorf("hnsw: %s is %d, not from %d to %d", f.name, *f.value, f.lowest, f.highest)
		}
	}
	if o.ExactBelow == 0 {
		o.ExactBelow = d.ExactBelow
	}
	o.EfConstruction = max(o.EfConstruction, o.M)
	return o, nil
}
