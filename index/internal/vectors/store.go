// Package vectors keeps the vectors of an index: as codes that are small and quick to score, and in full, in memory or
// where the index's owner has them, to score again what the codes brought up.
//
//	s, err := vectors.New(index.VectorOptions{Dimension: 256, Quantizer: quantizer.Int8})
//	q := s.NewQuery()
//	slot := s.Take()
//	s.Put(slot, key)
//	s.Set(q, slot, vector)
//	s.Show(slot)
//
//	q.Ask(query)
//	found, err := s.Scan(ctx, q, 10, nil, vectors.Certain)
package vectors

import (
	"fmt"
	"sync"
	"unsafe"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/internal/quantizer"
	"pinax/index/internal/rows"
)

// Store is a table of slots with the vectors that belong to them. What rows.Table says of writers and readers holds here.
type Store struct {
	*rows.Table
	dimension int
	name      string // of the quantizer
	quantizer quantizer.Quantizer
	codes     *rows.Column[byte]
	full      *rows.Column[float32] // nil when codes are exact, or vectors are read from source
	source    index.Source
	longest   quantizer.Greatest // length of a vector; only those of an exact quantizer may be far from 1
	queries   sync.Pool
}

// New returns an empty Store, or an error that says which option is of no use.
func New(o index.VectorOptions) (*Store, error) {
	o = o.Complete()
	if o.Dimension < 1 || o.Dimension > index.MaxDimension {
		return nil, fmt.Errorf("a dimension of %d is not from 1 to %d", o.Dimension, index.MaxDimension)
	}
	q, err := quantizer.New(o.Quantizer, o.Dimension)
	if err != nil {
		return nil, err
	}
	s := &Store{
		Table:     rows.New(),
		dimension: o.Dimension,
		name:      o.Quantizer,
		quantizer: q,
		codes:     rows.NewColumn[byte](q.RowBytes()),
		source:    o.Source,
	}
	switch {
	case o.Memory != index.MemoryCodes && o.Memory != index.MemoryFull:
		return nil, fmt.Errorf("memory %q is neither %s nor %s", o.Memory, index.MemoryCodes, index.MemoryFull)
	case q.Exact():
		s.source = nil
	case o.Memory == index.MemoryFull:
		s.source = nil
		s.full = rows.NewColumn[float32](quantizer.PaddedFloats(o.Dimension))
	case s.source == nil:
		return nil, fmt.Errorf("memory %s needs a source of the full vectors", index.MemoryCodes)
	}
	return s, nil
}

// Empty returns an empty store that encodes as this one does.
func (s *Store) Empty() *Store {
	e := &Store{
		Table: rows.New(), dimension: s.dimension, name: s.name, quantizer: s.quantizer, source: s.source,
		codes: rows.NewColumn[byte](s.codes.RowBytes()),
	}
	if s.full != nil {
		e.full = rows.NewColumn[float32](quantizer.PaddedFloats(s.dimension))
	}
	return e
}

// Copy fills a taken slot that no reader sees with the vector of another store's slot, which encodes as this one does.
func (s *Store) Copy(slot uint32, from *Store, at uint32) {
	if s.quantizer.Exact() {
		s.longest.Note(quantizer.Norm(from.Vector(at)))
	}
	copy(s.codes.Row(slot), from.codes.Row(at))
	if s.full != nil {
		copy(s.full.Row(slot), from.full.Row(at))
	}
}

// Dimension returns the number of elements of a vector.
func (s *Store) Dimension() int { return s.dimension }

// Check returns nil for vectors that the store takes under keys, else an error that says which one is at fault. Writer.
func (s *Store) Check(keys []uint64, vectors [][]float32) error {
	if len(keys) != len(vectors) {
		return fmt.Errorf("%d keys for %d vectors", len(keys), len(vectors))
	}
	for i, v := range vectors {
		if err := s.CheckVector(v); err != nil {
			return fmt.Errorf("vector %d (key %d): %w", i, keys[i], err)
		}
	}
	return s.CheckKeys(keys)
}

// CheckVector returns nil for a vector that the store takes.
func (s *Store) CheckVector(v []float32) error {
	if err := rows.Check(v, s.dimension); err != nil {
		return err
	}
	if s.quantizer.Exact() {
		return nil
	}
	const least, most = (2 - quantizer.MaxLength) * (2 - quantizer.MaxLength), quantizer.MaxLength * quantizer.MaxLength
	if square := distance.Dot(v, v); square != 0 && (square < least || square > most) {
		return fmt.Errorf("its squared length is %g: %w", square, index.ErrLength)
	}
	return nil
}

// CheckSearch returns nil when the search can be run.
func (s *Store) CheckSearch(query []float32, o index.SearchOptions) error {
	if o.K < 1 {
		return fmt.Errorf("search for %d neighbours: at least 1 is needed", o.K)
	}
	if !(o.Recall >= 0 && o.Recall < 1) {
		return fmt.Errorf("a recall of %g is not from 0 to below 1", o.Recall)
	}
	if err := rows.Check(query, s.dimension); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// Take returns a free slot with room for its vector. Writer.
func (s *Store) Take() uint32 {
	slot := s.Table.Take()
	s.grow()
	return slot
}

// Extend is rows.Table.Extend with room for the vectors. Writer.
func (s *Store) Extend(end uint32, taken func(slot uint32) bool) {
	s.Table.Extend(end, taken)
	s.grow()
}

func (s *Store) grow() {
	s.codes.Grow(s.End())
	if s.full != nil {
		s.full.Grow(s.End())
	}
}

// Set fills a taken slot that no reader sees with its vector. Writers may do that for several slots beside one another,
// with a query each.
func (s *Store) Set(q *Query, slot uint32, vector []float32) {
	q.coder.Encode(s.codes.Row(slot), vector)
	if s.quantizer.Exact() {
		s.longest.Note(quantizer.Norm(vector))
	}
	if s.full != nil {
		row := s.full.Row(slot)
		clear(row[copy(row, vector):])
	}
}

// Vector returns the vector of a slot, [dimension], of a store whose quantizer is none. It must not be changed.
func (s *Store) Vector(slot uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(s.codes.At(slot))), s.dimension)
}
