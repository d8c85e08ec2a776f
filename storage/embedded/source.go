package embedded

import (
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/index"
)

// source returns the reader of the stored vectors of a space, for an index that keeps only codes of them.
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
			vector := make([]float32, c.dimension())
			for i, key := range keys {
				value := entries.Get(number(key))
				if value == nil {
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
