package embedded

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// What one transaction removes of a dropped collection. Items are counted because each may let go of pictures anywhere in the
// database; entries and graphs are weighed, since removing them costs what their pages cost.
const (
	reclaimItems = 500
	reclaimBytes = 4 << 20
)

// reclaimRequest asks the reclaimer to free the data of a dropped collection.
type reclaimRequest struct {
	number uint64
	done   chan struct{}
}

// reclaim waits until the data of a dropped collection is freed, or the context ends. What is not freed then is freed by
// the reclaimer, or after the next opening.
func (s *Store) reclaim(ctx context.Context, n uint64) {
	r := reclaimRequest{number: n, done: make(chan struct{})}
	select {
	case s.background.reclaim <- r:
	case <-ctx.Done():
		return
	case <-s.background.ctx.Done():
		return
	}
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// reclaimLoop frees dropped collections: first those that an earlier process left, then those it is asked for.
func (s *Store) reclaimLoop(left []uint64) {
	for _, n := range left {
		s.reclaimCollection(n)
	}
	for {
		select {
		case r := <-s.background.reclaim:
			s.reclaimCollection(r.number)
			close(r.done)
		case <-s.background.ctx.Done():
			return
		}
	}
}

func (s *Store) reclaimCollection(n uint64) {
	for more := true; more; {
		err := s.writer.do(s.background.ctx, &job{records: reclaimItems, apply: func(t *transaction) (err error) {
			more, err = t.reclaim(n)
			return err
		}})
		if err != nil {
			if s.background.ctx.Err() == nil {
				s.options.Logger.Warn("a dropped collection keeps its space until the next start", "error", err)
			}
			return
		}
	}
}

// reclaim removes a piece of a dropped collection: items with their references to pictures, when no item is left some
// entries, then pieces of graphs, and when nothing is left the buckets. It tells whether there is more to do. Where it was is
// what is left, so it can be interrupted anywhere.
func (t *transaction) reclaim(n uint64) (more bool, err error) {
	data := t.tx.Bucket(bucketData)
	root := data.Bucket(number(n))
	if root == nil {
		return false, t.tx.Bucket(bucketDropped).Delete(number(n))
	}
	if more, err := t.reclaimItems(root.Bucket(bucketItems)); more || err != nil {
		return more, err
	}
	budget := reclaimBytes
	for _, m := range engine.Modalities {
		for _, name := range [][]byte{entriesBucket(m), graphBucket(m)} {
			removed, err := removeSome(root.Bucket(name), budget)
			if budget -= removed; err != nil || budget <= 0 {
				return true, err
			}
		}
	}
	if err := data.DeleteBucket(number(n)); err != nil {
		return false, err
	}
	return false, t.tx.Bucket(bucketDropped).Delete(number(n))
}

func (t *transaction) reclaimItems(items *bolt.Bucket) (more bool, err error) {
	ids, err := t.dereferenceSome(items)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := items.Delete(id); err != nil {
			return false, err
		}
	}
	return len(ids) == reclaimItems, nil
}

// removeSome removes the first keys of a bucket until they make up so many bytes, and returns how many.
func removeSome(b *bolt.Bucket, bytes int) (removed int, err error) {
	if b == nil {
		return 0, nil
	}
	var keys [][]byte // bbolt's cursor skips keys when they are removed under it
	cursor := b.Cursor()
	for key, value := cursor.First(); key != nil && removed < bytes; key, value = cursor.Next() {
		keys = append(keys, key)
		removed += len(key) + len(value)
	}
	for _, key := range keys {
		if err := b.Delete(key); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (t *transaction) dereferenceSome(items *bolt.Bucket) (ids [][]byte, err error) {
	if items == nil {
		return nil, nil
	}
	cursor := items.Cursor()
	for id, value := cursor.First(); id != nil && len(ids) < reclaimItems; id, value = cursor.Next() {
		h, _, err := decodeHeader(value)
		if err != nil {
			return nil, err
		}
		if err := t.releasePictures(h.pictures); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// dropped lists the collections whose data an earlier process did not get to remove.
func dropped(tx *bolt.Tx) ([]uint64, error) {
	var list []uint64
	err := tx.Bucket(bucketDropped).ForEach(func(key, _ []byte) error {
		if len(key) != 8 {
			return damagedf("the number of a dropped collection is malformed")
		}
		list = append(list, numberOf(key))
		return nil
	})
	return list, err
}
