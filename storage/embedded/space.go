package embedded

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"pinax/engine"
	"pinax/index"
)

// collection is what memory holds of one collection. It outlives a drop until the last call that uses it returns.
type collection struct {
	number uint64 // of its bucket; never reused, unlike the name
	info   engine.Collection
	spaces map[engine.Modality]*space
	items  atomic.Int64
}

// space is the index over the entries of one modality, and what a checkpoint needs to know about it.
type space struct {
	modality engine.Modality
	index    index.Index
	places   *places
	searches *searches
	log      *slog.Logger

	leaving atomic.Pointer[map[uint64][]float32] // vectors of entries that are replaced and still linked

	linked  atomic.Uint64 // every entry with a key up to this one is linked, refused or gone
	changes atomic.Int64  // entries linked or removed since the last checkpoint

	// written describes the graph in the database, for whoever writes the next checkpoint; zero when the index and it do
	// not agree on what has changed since.
	written graphHeader
}

// NewIndex makes an empty index for vectors of a dimension. It may read those that it was given back from the source, and
// must not before they are committed.
type NewIndex func(config engine.IndexConfig, dimension int, source index.Source) (index.Index, error)

// newCollection makes the memory of a collection whose data has a number.
func (s *Store) newCollection(n uint64, info engine.Collection) (*collection, error) {
	c := &collection{
		number: n,
		info:   info,
		spaces: make(map[engine.Modality]*space, len(engine.Modalities)),
	}
	for _, m := range engine.Modalities {
		x, err := s.options.NewIndex(info.Index, info.Encoder.Dimension, s.source(c, m))
		if err != nil {
			return nil, fmt.Errorf("make the %s index of collection %q: %w", m, info.Name, err)
		}
		c.spaces[m] = &space{
			modality: m, index: x, places: newPlaces(), searches: newSearches(),
			log: s.options.Logger.With("collection", info.Name, "modality", m),
		}
	}
	return c, nil
}

func (c *collection) dimension() int { return c.info.Encoder.Dimension }
