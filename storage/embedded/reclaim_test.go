package embedded

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/storage/backendtest"
	"pinax/storage/embedded/internal/pagecheck"
)

// fillLarge makes a collection whose entries and graphs are several times what one transaction may remove, and returns
// its number.
func fillLarge(t *testing.T, s *Store) uint64 {
	const dimension, perItem = 1024, 150
	r := rand.New(rand.NewPCG(1, 1))
	require.NoError(t, s.CreateCollection(t.Context(), engine.Collection{
		Name: "large", Encoder: engine.EncoderRef{Dimension: dimension}, Index: engine.IndexConfig{Kind: "flat"},
	}))
	vectors := make([][]float32, perItem)
	for i := range vectors {
		vectors[i] = backendtest.Unit(r, dimension)
	}
	for i := range 16 {
		record := engine.Record{Item: engine.Item{ID: fmt.Sprint(i)}, Entries: append(
			backendtest.Entries(engine.ModalityImage, vectors...), backendtest.Entries(engine.ModalityText, vectors...)...)}
		outcomes, err := s.Upsert(t.Context(), "large", []engine.Write{{Record: record}})
		require.NoError(t, err)
		require.NoError(t, outcomes[0].Err)
	}
	c, err := s.named("large")
	require.NoError(t, err)
	require.NoError(t, s.db.Update(func(tx *bolt.Tx) error {
		b, err := openData(tx, c.number)
		require.NoError(t, err)
		for i := range 20 {
			require.NoError(t, b.graphs[engine.ModalityText].Put(fmt.Append(nil, "chunk ", i), make([]byte, graphChunk)))
		}
		return nil
	}))
	return c.number
}

// dataBytes is what the buckets of a collection hold.
func dataBytes(tx *bolt.Tx, n uint64) (bytes int) {
	root := tx.Bucket(bucketData).Bucket(number(n))
	if root == nil {
		return 0
	}
	_ = root.ForEachBucket(func(name []byte) error {
		return root.Bucket(name).ForEach(func(key, value []byte) error { bytes += len(key) + len(value); return nil })
	})
	return bytes
}

// TestLargeDropIsDoneInPieces looks at each transaction of a drop: none of them removes more than its share, so that other
// writes get their turn between them.
func TestLargeDropIsDoneInPieces(t *testing.T) {
	s := openTest(t, t.TempDir())
	n := fillLarge(t, s)
	var before int
	require.NoError(t, s.view(func(tx *bolt.Tx) error { before = dataBytes(tx, n); return nil }))
	require.Greater(t, before, 4*reclaimBytes)
	left := before
	s.writer.commitTx = func(tx *bolt.Tx) error {
		now := dataBytes(tx, n)
		if left-now > reclaimBytes+graphChunk { // Require would end the writer
			t.Errorf("a transaction removes %d bytes", left-now)
		}
		left = now
		return tx.Commit()
	}
	require.NoError(t, s.DropCollection(t.Context(), "large"))
	require.Zero(t, left)
	requireReclaimed(t, s, n)
}

func requireReclaimed(t *testing.T, s *Store, n uint64) {
	t.Helper()
	require.NoError(t, s.view(func(tx *bolt.Tx) error {
		require.Nil(t, tx.Bucket(bucketData).Bucket(number(n)))
		left, err := dropped(tx)
		require.Empty(t, left)
		return err
	}))
	require.NoError(t, checkPages(t.Context(), s.db.Path(), pagecheck.Check))
}

// TestDropGoesOnWhereItWasInterrupted closes the store after each number of pieces and opens it again.
func TestDropGoesOnWhereItWasInterrupted(t *testing.T) {
	for _, pieces := range []int{0, 2, 9} {
		t.Run(fmt.Sprint("after ", pieces), func(t *testing.T) {
			dir := t.TempDir()
			s := openTest(t, dir)
			n := fillLarge(t, s)
			c, err := s.named("large")
			require.NoError(t, err)
			require.NoError(t, s.writer.do(t.Context(), &job{apply: func(t *transaction) error {
				_, err := t.dropCollection(c)
				return err
			}}))
			for range pieces {
				require.NoError(t, s.writer.do(t.Context(), &job{apply: func(t *transaction) error {
					_, err := t.reclaim(n)
					return err
				}}))
			}
			require.NoError(t, s.Close())

			s = openTest(t, dir)
			_, err = s.Collection(t.Context(), "large")
			requireCode(t, engine.CodeNotFound, err)
			require.Eventually(t, func() bool {
				var left []uint64
				err := s.view(func(tx *bolt.Tx) (err error) { left, err = dropped(tx); return err })
				return err == nil && len(left) == 0
			}, time.Minute, time.Millisecond)
			requireReclaimed(t, s, n)
		})
	}
}
