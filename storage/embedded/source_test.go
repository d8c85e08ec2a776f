package embedded

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/index"
	"pinax/storage/backendtest"
)

// codesShop is a collection whose index reads full vectors from the database, with one item.
func codesShop(t *testing.T) (s *Store, write func(vector []float32) error, nearest func(vector []float32) ([]engine.Match, error)) {
	s = openTest(t, t.TempDir())
	createQuantized(t, s, index.MemoryCodes)
	write = func(vector []float32) error {
		return upsertOne(t, s, engine.Write{Record: engine.Record{
			Item: engine.Item{ID: "x"}, Entries: backendtest.Entries(engine.ModalityImage, vector),
		}})
	}
	nearest = func(vector []float32) ([]engine.Match, error) {
		return s.Nearest(t.Context(), "shop", engine.VectorQuery{Vector: vector, Modality: engine.ModalityImage, Limit: 1})
	}
	return s, write, nearest
}

// TestReplacedVectorIsFound searches when a vector has been replaced in the database and not yet in the index.
func TestReplacedVectorIsFound(t *testing.T) {
	before, after := []float32{0: 1, 7: 0}, []float32{7: 1}
	s, write, nearest := codesShop(t)
	require.NoError(t, write(before))
	var between []engine.Match
	var searchErr error
	s.writer.commitTx = func(tx *bolt.Tx) error {
		err := tx.Commit()
		between, searchErr = nearest(before)
		return err
	}
	require.NoError(t, write(after))
	s.writer.commitTx = (*bolt.Tx).Commit
	require.NoError(t, searchErr)
	requireScore(t, 1, between)
	for query, want := range map[*[]float32]float64{&before: 0, &after: 1} {
		found, err := nearest(*query)
		require.NoError(t, err)
		requireScore(t, want, found)
	}
	require.Nil(t, s.leavingOf("shop"))
}

func requireScore(t *testing.T, want float64, found []engine.Match) {
	t.Helper()
	require.Len(t, found, 1)
	require.InDelta(t, want, found[0].Score, 1e-6)
}

// TestFailedReplacementIsForgotten fails a commit that would have replaced a vector.
func TestFailedReplacementIsForgotten(t *testing.T) {
	before, after := []float32{0: 1, 7: 0}, []float32{7: 1}
	s, write, nearest := codesShop(t)
	require.NoError(t, write(before))
	announced := false
	s.writer.commitTx = func(*bolt.Tx) error {
		announced = s.leavingOf("shop") != nil
		return errors.New("the disk is on fire")
	}
	require.Error(t, write(after))
	s.writer.commitTx = (*bolt.Tx).Commit
	require.True(t, announced)
	require.Nil(t, s.leavingOf("shop"))
	found, err := nearest(before)
	require.NoError(t, err)
	requireScore(t, 1, found)
}

func (s *Store) leavingOf(name string) *map[uint64][]float32 {
	return s.collections[name].spaces[engine.ModalityImage].leaving.Load()
}
