package embedded

import (
	"bytes"
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/index"
)

// source returns the reader of the stored vectors of a space, for an index that keeps only codes of them. Each is checked
// again, though opening has checked them all: what the system reads back from the disk later may differ. The sum takes a
// fifth of the time of a read, most of it the wait for memory that scoring would wait for instead.
func (s *Store) source(c *collection, m engine.Modality) index.Source {
	bucket := entriesBucket(m)
	return func(keys []uint64, use func(i int, vector []float32)) error {
		return s.view(func(tx *bolt.Tx) error {
			root := tx.Bucket(bucketData).Bucket(number(c.number))
			if root == nil { // dropped
				return nil
			}
			entries := root.Bucket(bucket)
			if entries == nil {
				return damagedf("collection %d lacks a bucket", c.number)
			}
			vector, key := make([]float32, c.dimension()), make([]byte, 8)
			cursor := entries.Cursor() // one for all keeps the memory of its way down
			for i := range keys {
				binary.BigEndian.PutUint64(key, keys[i])
				found, value := cursor.Seek(key)
				if !bytes.Equal(found, key) {
					if v := c.spaces[m].leavingVector(keys[i]); v != nil {
						use(i, v)
					}
					continue
				}
				e, err := decodeEntry(value, c.dimension())
				if err != nil {
					return err
				}
				e.copyTo(vector)
				use(i, vector)
			}
			return nil
		})
	}
}

// leavingVector returns the vector of an entry that a transaction is replacing, or nil.
func (sp *space) leavingVector(key uint64) []float32 {
	if leaving := sp.leaving.Load(); leaving != nil {
		return (*leaving)[key]
	}
	return nil
}
