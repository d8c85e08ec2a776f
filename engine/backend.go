package engine

import (
	"context"
	"io"
)

// Backend keeps collections, records and pictures, and finds the nearest entries.
//
// What "durable" means below: it survives the process being killed and the power failing. Everything that a method
// stored is readable and searchable when the method returns. All methods are safe for concurrent use; all that name a
// collection return CodeNotFound when it does not exist, CodeUnavailable after Close, and the context's error when it
// ends before the work was handed over.
type Backend interface {
	// CreateCollection is durable when it returns. CodeExists when the name is taken.
	CreateCollection(ctx context.Context, c Collection) error
	// DropCollection removes the collection with everything in it. Durable when it returns.
	DropCollection(ctx context.Context, name string) error
	Collection(ctx context.Context, name string) (Collection, error)
	// Collections lists by name.
	Collections(ctx context.Context) ([]Collection, error)

	// Upsert writes records, replacing those with the same id, and returns one outcome a record, in order. Entries whose
	// vectors did not change keep their place in the index. It is durable when it returns. The pictures that the records
	// name must be in blobs or stored already. An item's revision is greater than any that an item of the same collection
	// name and id had before, deleted ones included.
	Upsert(ctx context.Context, collection string, writes []Write) ([]Outcome, error)
	// Delete removes records; a missing id is no error. Durable when it returns. It returns how many there were.
	Delete(ctx context.Context, collection string, ids []string) (int, error)

	// Settle returns when everything that could be read before the call is durable. A read may see a write that is not
	// yet, so what is only answered because it was read must wait for this. It returns what writes do when they have
	// stopped.
	Settle(ctx context.Context) error

	// Get returns CodeNotFound for a missing id.
	Get(ctx context.Context, collection, id string) (Record, error)
	// Items returns the items that exist, in the order of ids; missing ones are left out.
	Items(ctx context.Context, collection string, ids []string) ([]Item, error)
	// List returns at most limit items with ids greater than after, by id (bytewise).
	List(ctx context.Context, collection, after string, limit int) ([]Item, error)
	// OpenBlob returns a stored picture, CodeNotFound, or CodeDamaged when its bytes are not those that were stored or are
	// gone. An Upsert that brings them mends it.
	OpenBlob(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)

	// Nearest returns the items whose entries are nearest to a vector, best first, each item once.
	Nearest(ctx context.Context, collection string, q VectorQuery) ([]Match, error)

	Stats(ctx context.Context, collection string) (CollectionStats, error)
	// Health returns nil while reads and writes work, else why not.
	Health(ctx context.Context) error
	// Close waits for running calls, checkpoints and releases everything.
	Close() error
}

// Write is one record to store.
type Write struct {
	Record Record // Revision, Created and Updated are set by the backend
	Blobs  []Blob // the bytes of pictures that may not be stored yet
	// IfRevision makes the write conditional: the stored revision must be this one. Zero: unconditional.
	IfRevision uint64
}

// Outcome is what became of one write.
type Outcome struct {
	Item    Item  // as stored
	Created bool  // no item had this id before
	Err     error // nil: stored. CodeConflict, CodeDimension, CodeInvalid: rejected. CodeOutcomeUnknown: repeat it.
}

// VectorQuery asks for the nearest entries of one modality.
type VectorQuery struct {
	Vector   []float32 // [dimension], L2-normalised
	Modality Modality
	Limit    int      // items wanted, at least 1
	Ef       int      // nodes that a walk expands, about; 0: the collection's setting
	Recall   float32  // share of the true nearest entries wanted, below 1, with Ef 0; 0: not asked for
	Exact    bool     // scan every vector
	Exclude  []string // item ids that must not come back
}

// Match is one item found, with its best entry.
type Match struct {
	ID       string
	Modality Modality
	Ordinal  int     // of the entry within the modality
	Score    float32 // cosine, in [-1, 1]
}
