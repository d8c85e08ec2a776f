package embedded

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

const collectionVersion = 1

// collectionRecord is a collection as it is stored under its name.
type collectionRecord struct {
	Number     uint64            `json:"number"`
	Collection engine.Collection `json:"collection"`
}

func encodeCollection(r collectionRecord) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return seal(collectionVersion, append(newSealed(len(text)), text...)), nil
}

func decodeCollection(name string, value []byte) (collectionRecord, error) {
	var r collectionRecord
	payload, err := unseal("the collection "+name, collectionVersion, value)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, damagedf("the collection %q: %w", name, err)
	}
	return r, nil
}

// CreateCollection makes an empty collection. CodeExists when the name is taken, CodeInvalid when the name, the dimension or the
// index settings are of no use.
func (s *Store) CreateCollection(ctx context.Context, info engine.Collection) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := checkCollection(info); err != nil {
		return err
	}
	c, err := s.newCollection(0, info)
	if err != nil {
		return engine.Errorf(engine.CodeInvalid, "%w", err)
	}
	var rejected error
	err = s.writer.do(ctx, &job{apply: func(t *transaction) (err error) {
		rejected, err = t.createCollection(c)
		return err
	}})
	if err != nil {
		return err
	}
	return rejected
}

func checkCollection(info engine.Collection) error {
	switch {
	case info.Name == "" || len(info.Name) > bolt.MaxKeySize || !utf8.ValidString(info.Name):
		return engine.Errorf(engine.CodeInvalid, "%q cannot be the name of a collection", info.Name)
	case info.Encoder.Dimension < 1:
		return engine.Errorf(engine.CodeInvalid, "a dimension of %d is less than 1", info.Encoder.Dimension)
	}
	return nil
}

func (t *transaction) createCollection(c *collection) (rejected, err error) {
	names := t.tx.Bucket(bucketCollections)
	if names.Get([]byte(c.info.Name)) != nil {
		return engine.Errorf(engine.CodeExists, "a collection is called %q already", c.info.Name), nil
	}
	if c.number, err = createData(t.tx, names.Sequence()); err != nil {
		return nil, err
	}
	value, err := encodeCollection(collectionRecord{Number: c.number, Collection: c.info})
	if err != nil {
		return nil, err
	}
	t.changes.created = append(t.changes.created, c)
	return nil, names.Put([]byte(c.info.Name), value)
}

// DropCollection removes a collection with everything in it. When the context ends while the space of a large collection
// is being freed, that goes on in the background: the collection itself is gone for good before.
func (s *Store) DropCollection(ctx context.Context, name string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	c, err := s.named(name)
	if err != nil {
		return err
	}
	var rejected error
	err = s.writer.do(ctx, &job{apply: func(t *transaction) (err error) {
		rejected, err = t.dropCollection(c)
		return err
	}})
	if err != nil {
		return err
	}
	if rejected != nil {
		return rejected
	}
	s.reclaim(ctx, c.number)
	return nil
}

// dropCollection takes a collection out of sight. Its data is removed bit by bit after that, since a transaction that
// removes a million items would hold up every other write.
func (t *transaction) dropCollection(c *collection) (rejected, err error) {
	b, err := t.buckets(c)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return errNoCollection(c.info.Name), nil
	}
	delete(t.opened, c)
	delete(t.changes.collections, c)
	t.changes.dropped = append(t.changes.dropped, c)
	names := t.tx.Bucket(bucketCollections)
	if err := raise(names, b.items.Sequence()); err != nil { // its name may be given again
		return nil, err
	}
	if err := names.Delete([]byte(c.info.Name)); err != nil {
		return nil, err
	}
	return nil, t.tx.Bucket(bucketDropped).Put(number(c.number), []byte(c.info.Name))
}

// Collection describes one collection.
func (s *Store) Collection(ctx context.Context, name string) (engine.Collection, error) {
	if err := s.enter(ctx); err != nil {
		return engine.Collection{}, err
	}
	defer s.leave()
	c, err := s.named(name)
	if err != nil {
		return engine.Collection{}, err
	}
	return c.info, nil
}

// Collections lists by name.
func (s *Store) Collections(ctx context.Context) ([]engine.Collection, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	list := make([]engine.Collection, 0)
	for _, c := range s.all() {
		list = append(list, c.info)
	}
	slices.SortFunc(list, func(a, b engine.Collection) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Stats tells what a collection holds.
func (s *Store) Stats(ctx context.Context, name string) (engine.CollectionStats, error) {
	if err := s.enter(ctx); err != nil {
		return engine.CollectionStats{}, err
	}
	defer s.leave()
	c, err := s.named(name)
	if err != nil {
		return engine.CollectionStats{}, err
	}
	stats := engine.CollectionStats{
		Items:   int(c.items.Load()),
		Entries: make(map[engine.Modality]engine.IndexStats, len(c.spaces)),
	}
	for m, sp := range c.spaces {
		x := sp.index.Stats()
		stats.Entries[m] = engine.IndexStats{
			Vectors: x.Vectors, FreeSlots: x.FreeSlots, Kind: x.Kind, Quantizer: x.Quantizer, Memory: x.Memory,
			CodeBytes: x.CodeBytes, VectorBytes: x.VectorBytes, LinkBytes: x.LinkBytes, KeyBytes: x.KeyBytes,
			MemoryBytes: x.MemoryBytes,
		}
	}
	return stats, nil
}
