package embedded

import (
	"fmt"

	"pinax/engine"
	"pinax/index"
	"pinax/index/coder"
	"pinax/index/flat"
	"pinax/index/hnsw"
)

// indexOfKind makes the index that a collection's settings name. What they leave at zero gets the index's own default.
func indexOfKind(c engine.IndexConfig, dimension int, source index.Source) (index.Index, error) {
	vectors := index.VectorOptions{Dimension: dimension, Quantizer: c.Quantizer, Memory: c.Memory, Source: source}
	switch c.Kind {
	case "", "hnsw":
		return hnsw.New(hnsw.Options{
			VectorOptions: vectors, M: c.M, EfConstruction: c.EfConstruction, EfSearch: c.EfSearch,
			ExactBelow: c.ExactBelow, Seed: c.Seed,
		})
	case "flat":
		return flat.New(vectors)
	case "coder":
		return coder.New(coder.Options{
			Dimension: dimension, M: c.M, EfSearch: c.EfSearch, ExactBelow: c.ExactBelow, Seed: c.Seed,
		})
	}
	return nil, fmt.Errorf("there is no index of kind %q", c.Kind)
}
