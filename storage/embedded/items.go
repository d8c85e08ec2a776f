package embedded

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// ctxEvery is after how many items a long read looks whether its caller is still there.
const ctxEvery = 256

// Get returns a record, or CodeNotFound.
func (s *Store) Get(ctx context.Context, collection, id string) (engine.Record, error) {
	var record engine.Record
	err := s.read(ctx, collection, func(c *collectionView) (err error) {
		record, err = c.record(id)
		return err
	})
	return record, err
}

// Items returns the items that exist, in the order of ids.
func (s *Store) Items(ctx context.Context, collection string, ids []string) ([]engine.Item, error) {
	items := make([]engine.Item, 0, len(ids))
	err := s.read(ctx, collection, func(c *collectionView) error {
		for i, id := range ids {
			if i%ctxEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			value := c.items.Get([]byte(id))
			if value == nil {
				continue
			}
			item, _, err := decodeItem(id, value)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	return items, err
}

// List returns at most limit items with ids greater than after, by id.
func (s *Store) List(ctx context.Context, collection, after string, limit int) ([]engine.Item, error) {
	if limit < 1 {
		return nil, engine.Errorf(engine.CodeInvalid, "a limit of %d is less than 1", limit)
	}
	var items []engine.Item
	err := s.read(ctx, collection, func(c *collectionView) error {
		cursor := c.items.Cursor()
		for key, value := firstAfter(cursor, after); key != nil && len(items) < limit; key, value = cursor.Next() {
			if len(items)%ctxEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			item, _, err := decodeItem(string(key), value)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	return items, err
}

func firstAfter(cursor *bolt.Cursor, after string) (key, value []byte) {
	if after == "" {
		return cursor.First()
	}
	key, value = cursor.Seek([]byte(after))
	if string(key) == after {
		return cursor.Next()
	}
	return key, value
}

// collectionView is a collection within a read transaction.
type collectionView struct {
	dimension int
	*buckets
}

// read runs fn on one consistent state of a collection.
func (s *Store) read(ctx context.Context, name string, fn func(*collectionView) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	c, err := s.named(name)
	if err != nil {
		return err
	}
	return s.viewData(c, func(b *buckets) error { return fn(&collectionView{dimension: c.dimension(), buckets: b}) })
}

func (c *collectionView) record(id string) (engine.Record, error) {
	value := c.items.Get([]byte(id))
	if value == nil {
		return engine.Record{}, errNoItem(id)
	}
	item, h, err := decodeItem(id, value)
	if err != nil {
		return engine.Record{}, err
	}
	record := engine.Record{Item: item, Entries: make([]engine.Entry, len(h.entries))}
	for i, ref := range h.entries {
		e, err := decodeEntry(c.entries[ref.modality].Get(number(ref.key)), c.dimension)
		if err != nil {
			return engine.Record{}, err
		}
		record.Entries[i] = engine.Entry{Modality: ref.modality, Ordinal: e.ordinal, Vector: e.floats()}
	}
	return record, nil
}
