// Package index declares what every vector index of Pinax does. The implementations are its sub-packages: flat (exact
// scan), hnsw (our graph) and coder (github.com/coder/hnsw behind guards).
//
//	x, err := hnsw.New(hnsw.DefaultOptions(256))
//	err = x.Add([]uint64{1, 2}, [][]float32{v1, v2})
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
package index

import (
	"context"
	"errors"
	"io"
)

// Errors that every index returns, wrapped with detail.
var (
	ErrDimension = errors.New("vector has another dimension than the index")
	ErrNotFinite = errors.New("vector holds NaN or infinity")
	ErrExists    = errors.New("key is in the index already")
	ErrDamaged   = errors.New("checkpoint is damaged")
	ErrVersion   = errors.New("checkpoint has an unknown version")
)

// Index finds the vectors with the greatest inner product, which is the cosine for L2-normalised vectors.
//
// Any number of Search calls may run beside one another and beside one Add or Delete; concurrent writers queue up.
type Index interface {
	// Add links vectors, each [dimension], under new keys. It copies them. Either all are added, or none and an error
	// says which vector is at fault (ErrDimension, ErrNotFinite, ErrExists).
	Add(keys []uint64, vectors [][]float32) error
	// Delete removes keys and returns how many were there. No later Search returns them.
	Delete(keys []uint64) int
	// Search returns at most K neighbours, best first; equal scores by ascending key. It returns ErrDimension,
	// ErrNotFinite, or the context's error when it ends first.
	Search(ctx context.Context, query []float32, o SearchOptions) ([]Neighbour, error)
	Len() int
	Stats() Stats
	// Checkpoint writes the structure without the vectors, in a format with version and checksum. An index that has no
	// structure worth keeping writes a header only.
	Checkpoint(w io.Writer) error
	// Restore replaces the contents of an empty index: the structure from r, the vectors from vector, which returns nil
	// for a key that is gone (the node is then removed and its links repaired). On ErrDamaged or ErrVersion the index is
	// empty and usable. It never allocates more than r's true length justifies.
	Restore(r io.Reader, vector func(key uint64) []float32) error
	// Keys calls yield with every key until it returns false, in no order.
	Keys(yield func(key uint64) bool)
}

// SearchOptions tune one search.
type SearchOptions struct {
	K      int                   // neighbours wanted, at least 1
	Ef     int                   // candidates kept in a graph walk; 0: the index's setting; raised to K
	Exact  bool                  // scan every vector
	Accept func(key uint64) bool // nil: every key. Only accepted keys come back. Called concurrently.
}

// Neighbour is one vector found.
type Neighbour struct {
	Key   uint64
	Score float32 // inner product
}

// Stats describes an index.
type Stats struct {
	Kind        string
	Vectors     int
	MemoryBytes int64 // vectors and links held by the index
}
