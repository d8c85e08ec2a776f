package engine

import "context"

// Usage is what all collections hold together.
type Usage struct {
	Collections int
	Items       int
	Vectors     int
	IndexBytes  int64 // memory of their indexes
}

// Usage adds up what all collections hold.
func (e *Engine) Usage(ctx context.Context) (Usage, error) {
	all, err := e.backend.Collections(ctx)
	if err != nil {
		return Usage{}, err
	}
	var u Usage
	for _, c := range all {
		stats, err := e.backend.Stats(ctx, c.Name)
		if CodeOf(err) == CodeNotFound {
			continue // dropped since it was listed
		}
		if err != nil {
			return Usage{}, err
		}
		u.Collections++
		u.Items += stats.Items
		for _, s := range stats.Entries {
			u.Vectors += s.Vectors
			u.IndexBytes += s.MemoryBytes
		}
	}
	return u, nil
}

// EstimateBytes returns the memory that the index of a configuration takes for vectors of a dimension, as
// IndexStats.MemoryBytes counts it: within 5 % from some 50,000 vectors up. Fewer take more each, because the first rows of
// every column are allocated together. What the configuration leaves at zero is taken as DefaultOptions has it.
func EstimateBytes(c IndexConfig, dimension, vectors int) int64 {
	c = c.withDefaults(DefaultOptions().Index)
	row := vectorBytes(c, dimension) + linkBytes(c) + keyBytes
	return int64(row*float64(vectors)) + lookupBytes(vectors)
}

// BytesPerVector returns what each of many vectors takes by EstimateBytes.
func BytesPerVector(c IndexConfig, dimension int) float64 {
	const many = 1 << 20
	return float64(EstimateBytes(c, dimension, many)) / many
}

// vectorBytes is the row of codes and that of the full vector, each in whole cache lines; f16 fills them by halves, int4 has
// 128 elements in one.
func vectorBytes(c IndexConfig, dimension int) float64 {
	full := 4 * roundUp(dimension, 16)
	var codes int
	switch {
	case c.Kind == "coder", c.Quantizer == "none": // keep full vectors and nothing else
		return float64(full)
	case c.Quantizer == "f16":
		codes = 2 * roundUp(dimension, 16)
	case c.Quantizer == "int4":
		codes = roundUp(dimension, 128) / 2
	default:
		codes = roundUp(dimension, 64)
	}
	if c.Memory == "codes" {
		full = 0
	}
	return float64(codes + full)
}

// linkBytes is what a vector has beside its rows. In hnsw that is room for 2M links of 4 bytes on layer 0 and for M on each
// layer above, of which a node has 1/(M-1) on average; the number of its layers; and a bit that says whether it has changed.
func linkBytes(c IndexConfig) float64 {
	switch m := float64(c.M); c.Kind {
	case "hnsw":
		return 4*2*m + 4*m/(m-1) + 4 + 1.0/8
	case "coder":
		return 994 // measured; see index/coder
	}
	return 0
}

// keyBytes is a key, and the bit that says whether it is shown.
const keyBytes = 8 + 1.0/8

// lookupBytes is the table that finds keys: cells of 4 bytes, a power of two of them, at most three quarters in use.
func lookupBytes(vectors int) int64 {
	cells := int64(16)
	for 3*cells < 4*int64(vectors) {
		cells *= 2
	}
	return 4 * cells
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }

// IDBytes is what the database keeps in memory of each vector beside the index: its place, 4 bytes, and the id of its item
// with 2 more, for ids of 18 bytes; and as much again as the garbage collector lets the heap grow.
const IDBytes = 48

// VectorsThatFit returns how many vectors of a dimension fit into available bytes under a configuration, the ids of their
// items included.
func VectorsThatFit(c IndexConfig, dimension int, available int64) int {
	return int(max(float64(available), 0) / (BytesPerVector(c, dimension) + IDBytes))
}
