package rows

import (
	"fmt"

	"pinax/index"
	"pinax/index/distance"
)

// Check returns nil for a vector that an index of a dimension takes, else index.ErrDimension or index.ErrNotFinite.
func Check(vector []float32, dimension int) error {
	if len(vector) != dimension {
		return fmt.Errorf("%d elements, not %d: %w", len(vector), dimension, index.ErrDimension)
	}
	if !distance.Finite(vector) {
		return index.ErrNotFinite
	}
	return nil
}

// CheckKeys returns nil when a slot can be taken for each key, else an error that says which one is at fault. Writer.
func (t *Table) CheckKeys(keys []uint64) error {
	if len(keys) > MaxSlots-int(t.End()) {
		return fmt.Errorf("no room for %d more vectors: an index holds at most %d", len(keys), MaxSlots)
	}
	seen := make(map[uint64]struct{}, len(keys))
	for i, key := range keys {
		_, twice := seen[key]
		if _, exists := t.Find(key); twice || exists {
			return fmt.Errorf("vector %d (key %d): %w", i, key, index.ErrExists)
		}
		seen[key] = struct{}{}
	}
	return nil
}
