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
	"iter"
)

// Errors that every index returns, wrapped with detail.
var (
	ErrDimension = errors.New("vector has another dimension than the index")
	ErrLength    = errors.New("vector is neither of length 1 nor zero, as a quantized index needs it")
	ErrNotFinite = errors.New("vector holds NaN or infinity")
	ErrExists    = errors.New("key is in the index already")
	ErrDamaged   = errors.New("checkpoint is damaged")
	ErrVersion   = errors.New("checkpoint has an unknown version")
	ErrMismatch  = errors.New("checkpoint is of an index of another kind or with other settings")
	ErrNotEmpty  = errors.New("index is not empty")
)

// Index finds the vectors with the greatest inner product, which is the cosine for L2-normalised vectors.
//
// Any number of Search calls may run beside one another and beside one Add or Delete; concurrent writers queue up.
type Index interface {
	// Add links vectors, each [dimension], under new keys. It copies them. Either all are added, or none and an error
	// says which vector is at fault (ErrDimension, ErrNotFinite, ErrLength, ErrExists). A zero vector is allowed: it scores 0.
	Add(keys []uint64, vectors [][]float32) error
	// Delete removes keys and returns how many were there. No later Search returns them.
	Delete(keys []uint64) int
	// Search returns at most K neighbours, best first; equal scores by ascending key. It returns K of them whenever that
	// many vectors are accepted. It returns ErrDimension, ErrNotFinite, or the context's error when it ends first.
	Search(ctx context.Context, query []float32, o SearchOptions) ([]Neighbour, error)
	// SearchAll searches for many queries at once and returns an answer for each. It returns what Search does.
	SearchAll(ctx context.Context, queries [][]float32, o SearchOptions) ([][]Neighbour, error)
	Len() int
	Stats() Stats
	// Checkpoint writes the structure without the vectors, in a format with version and checksums
	// (docs/format/graph-checkpoint.md): all of it, or only what has changed since the last call, to be kept behind what
	// that wrote. Whoever loses what a call wrote asks for all of it the next time. Writers wait until it returns, so give
	// it a w that does not wait for a network.
	Checkpoint(w io.Writer, changes bool) error
	// Restore fills an empty index (else ErrNotEmpty) with the nodes of a checkpoint: the structure from r, a full
	// checkpoint and the changes that followed, until r ends; their vectors from vectors, which yields each key once, in any
	// order. Nodes whose vectors do not come are removed and their links repaired; vectors without a node are passed over:
	// add them afterwards. An index that keeps no structure restores nothing. On every error (ErrDamaged, ErrVersion,
	// ErrMismatch, those of Add for a vector, r's own) the index is empty and usable: add all vectors. It never allocates
	// more than r's true length justifies.
	Restore(r io.Reader, vectors iter.Seq2[uint64, []float32]) error
	// Keys calls yield with every key until it returns false, in no order. It may run beside everything else.
	Keys(yield func(key uint64) bool)
}

// SearchOptions tune one search.
type SearchOptions struct {
	K      int     // neighbours wanted, at least 1
	Ef     int     // nodes that a graph walk expands, about; up to eight times as many where much is alike. 0: the index's setting; raised to K
	Recall float32 // share of the true neighbours wanted, below 1; the index finds out what ef that takes. 0, or Ef set: not asked for
	Exact  bool    // scan every vector
	Filter *Filter // nil: every key
}

// Filter says which keys a search may return.
type Filter struct {
	Accept func(key uint64) bool // called concurrently
	Keys   iter.Seq[uint64]      // yields what Accept accepts, each key once, at best rising; nil: not at hand. Ranged concurrently
	Len    int                   // the number of Keys
}

// Neighbour is one vector found.
type Neighbour struct {
	Key   uint64
	Score float32 // inner product
}

// Stats describes an index and the memory that it holds. Not counted is what searches hold while they run, most of it a
// bit a vector for each walk under way at once.
type Stats struct {
	Kind      string
	Quantizer string // none, f16, int8 or int4
	Memory    string // where full vectors are: MemoryFull or MemoryCodes
	Vectors   int
	FreeSlots int // places of deleted vectors, which new ones take. Their memory is counted

	CodeBytes   int64 // what the quantizer made of the vectors
	VectorBytes int64 // full vectors
	LinkBytes   int64 // neighbours
	KeyBytes    int64 // keys, the lookup of their places and the lists of free ones
	MemoryBytes int64 // the sum
}

// BytesPerVector returns the memory by the number of vectors, 0 when there are none.
func (s Stats) BytesPerVector() float64 {
	if s.Vectors == 0 {
		return 0
	}
	return float64(s.MemoryBytes) / float64(s.Vectors)
}
