package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"pinax/engine"
)

// Backend keeps everything in maps and searches by brute force: the model that real backends are held against.
type Backend struct {
	mu          sync.Mutex
	collections map[string]*collection
	blobs       map[string][]byte
	revision    uint64 // of the latest write
	closed      bool
	// Fail, when set, is asked before every call with the method's name; an error ends the call.
	Fail func(method string) error
}

type collection struct {
	engine.Collection
	records map[string]engine.Record
}

var _ engine.Backend = (*Backend)(nil)

// NewBackend returns an empty backend.
func NewBackend() *Backend {
	return &Backend{collections: map[string]*collection{}, blobs: map[string][]byte{}}
}

// enter locks the backend for one call. The caller must call the returned function when err is nil.
func (b *Backend) enter(ctx context.Context, method string) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b.Fail != nil {
		if err := b.Fail(method); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil, engine.Errorf(engine.CodeUnavailable, "the backend is closed")
	}
	return b.mu.Unlock, nil
}

func (b *Backend) in(ctx context.Context, method, name string) (*collection, func(), error) {
	leave, err := b.enter(ctx, method)
	if err != nil {
		return nil, nil, err
	}
	c, ok := b.collections[name]
	if !ok {
		leave()
		return nil, nil, engine.Errorf(engine.CodeNotFound, "no collection is named %q", name)
	}
	return c, leave, nil
}

// CreateCollection implements engine.Backend.
func (b *Backend) CreateCollection(ctx context.Context, c engine.Collection) error {
	leave, err := b.enter(ctx, "CreateCollection")
	if err != nil {
		return err
	}
	defer leave()
	if b.collections[c.Name] != nil {
		return engine.Errorf(engine.CodeExists, "a collection is named %q already", c.Name)
	}
	b.collections[c.Name] = &collection{Collection: c, records: map[string]engine.Record{}}
	return nil
}

// DropCollection implements engine.Backend.
func (b *Backend) DropCollection(ctx context.Context, name string) error {
	_, leave, err := b.in(ctx, "DropCollection", name)
	if err != nil {
		return err
	}
	defer leave()
	delete(b.collections, name)
	return nil
}

// Collection implements engine.Backend.
func (b *Backend) Collection(ctx context.Context, name string) (engine.Collection, error) {
	c, leave, err := b.in(ctx, "Collection", name)
	if err != nil {
		return engine.Collection{}, err
	}
	defer leave()
	return c.Collection, nil
}

// Collections implements engine.Backend.
func (b *Backend) Collections(ctx context.Context) ([]engine.Collection, error) {
	leave, err := b.enter(ctx, "Collections")
	if err != nil {
		return nil, err
	}
	defer leave()
	var all []engine.Collection
	for _, name := range slices.Sorted(maps.Keys(b.collections)) {
		all = append(all, b.collections[name].Collection)
	}
	return all, nil
}

// Upsert implements engine.Backend.
func (b *Backend) Upsert(ctx context.Context, name string, writes []engine.Write) ([]engine.Outcome, error) {
	c, leave, err := b.in(ctx, "Upsert", name)
	if err != nil {
		return nil, err
	}
	defer leave()
	outcomes := make([]engine.Outcome, len(writes))
	for i, w := range writes {
		outcomes[i] = b.upsert(c, w)
	}
	return outcomes, nil
}

func (b *Backend) upsert(c *collection, w engine.Write) engine.Outcome {
	before, exists := c.records[w.Record.Item.ID]
	if w.IfRevision != 0 && before.Item.Revision != w.IfRevision {
		return engine.Outcome{Err: engine.Errorf(engine.CodeConflict, "the item has revision %d, not %d", before.Item.Revision, w.IfRevision)}
	}
	for _, entry := range w.Record.Entries {
		if len(entry.Vector) != c.Encoder.Dimension {
			return engine.Outcome{Err: engine.Errorf(engine.CodeDimension, "the vector has %d numbers, not %d", len(entry.Vector), c.Encoder.Dimension)}
		}
	}
	for _, blob := range w.Blobs {
		b.blobs[blob.SHA256] = blob.Data
	}
	r := w.Record
	b.revision++
	r.Item.Revision = b.revision
	r.Item.Updated = time.Now().UTC()
	r.Item.Created = before.Item.Created
	if !exists {
		r.Item.Created = r.Item.Updated
	}
	c.records[r.Item.ID] = r
	return engine.Outcome{Item: r.Item, Created: !exists}
}

// Delete implements engine.Backend.
func (b *Backend) Delete(ctx context.Context, name string, ids []string) (int, error) {
	c, leave, err := b.in(ctx, "Delete", name)
	if err != nil {
		return 0, err
	}
	defer leave()
	before := len(c.records)
	for _, id := range ids {
		delete(c.records, id)
	}
	return before - len(c.records), nil
}

// Settle implements engine.Backend.
func (b *Backend) Settle(ctx context.Context) error {
	leave, err := b.enter(ctx, "Settle")
	if err == nil {
		leave()
	}
	return err
}

// Get implements engine.Backend.
func (b *Backend) Get(ctx context.Context, name, id string) (engine.Record, error) {
	c, leave, err := b.in(ctx, "Get", name)
	if err != nil {
		return engine.Record{}, err
	}
	defer leave()
	r, ok := c.records[id]
	if !ok {
		return engine.Record{}, engine.Errorf(engine.CodeNotFound, "no item has the id %q", id)
	}
	return r, nil
}

// Items implements engine.Backend.
func (b *Backend) Items(ctx context.Context, name string, ids []string) ([]engine.Item, error) {
	c, leave, err := b.in(ctx, "Items", name)
	if err != nil {
		return nil, err
	}
	defer leave()
	var items []engine.Item
	for _, id := range ids {
		if r, ok := c.records[id]; ok {
			items = append(items, r.Item)
		}
	}
	return items, nil
}

// List implements engine.Backend.
func (b *Backend) List(ctx context.Context, name, after string, limit int) ([]engine.Item, error) {
	c, leave, err := b.in(ctx, "List", name)
	if err != nil {
		return nil, err
	}
	defer leave()
	var items []engine.Item
	for _, id := range slices.Sorted(maps.Keys(c.records)) {
		if id > after && len(items) < limit {
			items = append(items, c.records[id].Item)
		}
	}
	return items, nil
}

type blobReader struct{ *bytes.Reader }

// Close implements io.Closer.
func (blobReader) Close() error { return nil }

// OpenBlob implements engine.Backend.
func (b *Backend) OpenBlob(ctx context.Context, sha256 string) (io.ReadSeekCloser, error) {
	leave, err := b.enter(ctx, "OpenBlob")
	if err != nil {
		return nil, err
	}
	defer leave()
	data, ok := b.blobs[sha256]
	if !ok {
		return nil, engine.Errorf(engine.CodeNotFound, "there is no picture %s", sha256)
	}
	return blobReader{bytes.NewReader(data)}, nil
}

// Nearest implements engine.Backend.
func (b *Backend) Nearest(ctx context.Context, name string, q engine.VectorQuery) ([]engine.Match, error) {
	c, leave, err := b.in(ctx, "Nearest", name)
	if err != nil {
		return nil, err
	}
	defer leave()
	if len(q.Vector) != c.Encoder.Dimension {
		return nil, engine.Errorf(engine.CodeDimension, "the vector has %d numbers, not %d", len(q.Vector), c.Encoder.Dimension)
	}
	var matches []engine.Match
	for id, r := range c.records {
		if slices.Contains(q.Exclude, id) {
			continue
		}
		if m, ok := bestEntry(r, q); ok {
			matches = append(matches, m)
		}
	}
	slices.SortFunc(matches, func(x, y engine.Match) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.ID, y.ID))
	})
	return matches[:min(q.Limit, len(matches))], nil
}

func bestEntry(r engine.Record, q engine.VectorQuery) (best engine.Match, found bool) {
	for _, entry := range r.Entries {
		if entry.Modality != q.Modality {
			continue
		}
		var score float32
		for i, x := range entry.Vector {
			score += x * q.Vector[i]
		}
		if !found || score > best.Score {
			best, found = engine.Match{ID: r.Item.ID, Modality: q.Modality, Ordinal: entry.Ordinal, Score: score}, true
		}
	}
	return best, found
}

// Stats implements engine.Backend.
func (b *Backend) Stats(ctx context.Context, name string) (engine.CollectionStats, error) {
	c, leave, err := b.in(ctx, "Stats", name)
	if err != nil {
		return engine.CollectionStats{}, err
	}
	defer leave()
	s := engine.CollectionStats{Items: len(c.records), Entries: map[engine.Modality]engine.IndexStats{}}
	for _, m := range engine.Modalities {
		entries := engine.IndexStats{Kind: "flat", Quantizer: "none", Memory: "full"}
		for _, r := range c.records {
			for _, entry := range r.Entries {
				if entry.Modality == m {
					entries.Vectors++
					entries.VectorBytes += 4 * int64(len(entry.Vector))
				}
			}
		}
		entries.MemoryBytes = entries.VectorBytes
		s.Entries[m] = entries
	}
	return s, nil
}

// Health implements engine.Backend.
func (b *Backend) Health(ctx context.Context) error {
	leave, err := b.enter(ctx, "Health")
	if err == nil {
		leave()
	}
	return err
}

// Close implements engine.Backend.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}
