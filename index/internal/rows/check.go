package rows

import (
	"fmt"

	"pinax/index"
	"pinax/index/distance"
)

func check(vector []float32, dimension int) error {
	if len(vector) != dimension {
		return fmt.Errorf("%d elements, not %d: %w", len(vector), dimension, index.ErrDimension)
	}
	if !distance.Finite(vector) {
		return index.ErrNotFinite
	}
	return nil
}

// CheckBatch returns nil when all vectors can be added under the keys, else an error that says which one is at fault.
// exists tells about keys that are taken.
func (t *Table) CheckBatch(keys []uint64, vectors [][]float32, exists func(key uint64) bool) error {
	if len(keys) != len(vectors) {
		return fmt.Errorf("%d keys for %d vectors", len(keys), len(vectors))
	}
	if len(keys) > MaxSlots-int(t.End()) {
		return fmt.Errorf("no room for %d more vectors: an index holds at most %d", len(keys), MaxSlots)
	}
	seen := make(map[uint64]struct{}, len(keys))
	for i, key := range keys {
		if err := t.Check(vectors[i]); err != nil {
			return fmt.Errorf("vector %d (key %d): %w", i, key, err)
		}
		if _, twice := seen[key]; twice || exists(key) {
			return fmt.Errorf("vector %d (key %d): %w", i, key, index.ErrExists)
		}
		seen[key] = struct{}{}
	}
	return nil
}

// CheckSearch returns nil when the search can be run.
func (t *Table) CheckSearch(query []float32, o index.SearchOptions) error {
	if o.K < 1 {
		return fmt.Errorf("search for %d neighbours: at least 1 is needed", o.K)
	}
	if err := t.Check(query); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}
