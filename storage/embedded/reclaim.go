package embedded

import (
	"context"

	bolt "go.etcd.io/bbolt"
)

// reclaimItems is how many items of a dropped collection one transaction removes.
const reclaimItems = 500

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

// reclaim removes some items of a dropped collection with their references to pictures, and all the rest when no item is
// left. It tells whether there is more to do.
func (t *transaction) reclaim(n uint64) (more bool, err error) {
	data := t.tx.Bucket(bucketData)
	root := data.Bucket(number(n))
	if root == nil {
		return false, t.tx.Bucket(bucketDropped).Delete(number(n))
	}
	ids, err := t.dereferenceSome(root.Bucket(bucketItems))
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := root.Bucket(bucketItems).Delete(id); err != nil {
			return false, err
		}
	}
	if len(ids) == reclaimItems {
		return true, nil
	}
	if err := data.DeleteBucket(number(n)); err != nil {
		return false, err
	}
	return false, t.tx.Bucket(bucketDropped).Delete(number(n))
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
