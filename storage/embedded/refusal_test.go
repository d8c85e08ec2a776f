package embedded

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index"
)

// refusingIndex refuses some vectors as an index with a narrower limit than the store's would.
type refusingIndex struct {
	index.Index
	refuses func(vector []float32) bool
}

func (x *refusingIndex) Add(keys []uint64, vectors [][]float32) error {
	if i := slices.IndexFunc(vectors, x.refuses); i >= 0 {
		return fmt.Errorf("vector %d (key %d): %w", i, keys[i], index.ErrLength)
	}
	return x.Index.Add(keys, vectors)
}

// openRefusing opens a store whose indexes refuse vectors, and returns what it logs at Warn.
func openRefusing(t *testing.T, dir string, refuses func(vector []float32) bool) (*Store, *bytes.Buffer) {
	t.Helper()
	o, logged := testOptions(), new(bytes.Buffer)
	o.Logger = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelWarn}))
	o.NewIndex = func(c engine.IndexConfig, dimension int, source index.Source) (index.Index, error) {
		inner, err := indexOfKind(c, dimension, source)
		return &refusingIndex{Index: inner, refuses: refuses}, err
	}
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, logged
}

// oneOf refuses the vectors of some records.
func oneOf(writes ...engine.Write) func(vector []float32) bool {
	return func(vector []float32) bool {
		return slices.ContainsFunc(writes, func(w engine.Write) bool {
			return slices.Equal(w.Record.Entries[0].Vector, vector)
		})
	}
}

// requireSearchable searches for records and expects all to be found but some.
func requireSearchable(t *testing.T, s *Store, writes []engine.Write, but ...string) {
	t.Helper()
	found, err := s.Nearest(t.Context(), "shop", engine.VectorQuery{
		Modality: engine.ModalityImage, Vector: writes[0].Record.Entries[0].Vector, Limit: 2 * len(writes),
	})
	require.NoError(t, err)
	var ids, want []string
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	for _, w := range writes {
		if !slices.Contains(but, w.Record.Item.ID) {
			want = append(want, w.Record.Item.ID)
		}
	}
	require.ElementsMatch(t, want, ids)
}

// TestRefusedVectorStopsNoWriter stores a vector that the index refuses amid others. It is logged and not found; writing
// goes on, the item can be read, replaced and deleted.
func TestRefusedVectorStopsNoWriter(t *testing.T) {
	writes := addedTo("item", 20)
	bad := writes[7]
	s, logged := openRefusing(t, t.TempDir(), oneOf(bad))
	fillShop(t, s, 20)
	require.Contains(t, logged.String(), "level=WARN")
	require.Contains(t, logged.String(), "id="+bad.Record.Item.ID)
	require.Contains(t, logged.String(), "key=8")
	require.Contains(t, logged.String(), "collection=shop")
	requireSearchable(t, s, writes, bad.Record.Item.ID)
	_, err := s.Get(t.Context(), "shop", bad.Record.Item.ID)
	require.NoError(t, err)

	good := bad
	good.Record.Entries = addedTo("good", 1)[0].Record.Entries
	require.NoError(t, upsertOne(t, s, good))
	requireSearchable(t, s, writes)
	require.NoError(t, upsertOne(t, s, bad))
	requireSearchable(t, s, writes, bad.Record.Item.ID)
	n, err := s.Delete(t.Context(), "shop", []string{bad.Record.Item.ID})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, s.Health(t.Context()))
}

// TestRefusedVectorsAreReportedOnOpening opens a database some of whose vectors the index refuses, with and without a graph.
func TestRefusedVectorsAreReportedOnOpening(t *testing.T) {
	writes := addedTo("item", 20)
	refused := []engine.Write{writes[0], writes[7], writes[8], writes[19]}
	var ids []string
	for _, w := range refused {
		ids = append(ids, w.Record.Item.ID)
	}
	s := openTest(t, t.TempDir())
	fillShop(t, s, 20)
	dir := copyDatabase(t, s)
	for _, c := range []struct {
		name     string
		restored int
	}{{"without a graph", 0}, {"with the graph of the opening before", 16}} {
		t.Run(c.name, func(t *testing.T) {
			s, logged := openRefusing(t, dir, oneOf(refused...))
			report := s.OpenReport()
			report.Took, report.Bytes = 0, 0
			want := OpenReport{
				Collections: 1, Items: 20, Entries: 16, Restored: c.restored, Linked: 16 - c.restored, Refused: 4,
			}
			require.Equal(t, want, report)
			for _, id := range ids {
				require.Contains(t, logged.String(), "id="+id)
			}
			requireSearchable(t, s, writes, ids...)
			require.NoError(t, upsertOne(t, s, writes[1]))
			require.NoError(t, s.Close())
		})
	}
}

// TestLimitOfLength scales vectors to lengths about the limit. Whatever passes is linked by an index that quantizes.
func TestLimitOfLength(t *testing.T) {
	for _, c := range []struct {
		name   string
		square float64
		ok     bool
	}{
		{"too short", 1 - 1.01*maxNormError, false},
		{"as short as can be", 1 - 0.9999*maxNormError, true},
		{"of length 1", 1, true},
		{"as long as can be", 1 + 0.9999*maxNormError, true},
		{"too long", 1 + 1.01*maxNormError, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, logged := openRefusing(t, t.TempDir(), func([]float32) bool { return false })
			createQuantized(t, s, index.MemoryFull)
			writes := addedTo("item", 50)
			for _, w := range writes {
				v := w.Record.Entries[0].Vector
				scale := math.Sqrt(c.square / squaredNorm(v))
				for i := range v {
					v[i] = float32(scale * float64(v[i]))
				}
			}
			outcomes, err := s.Upsert(t.Context(), "shop", writes)
			require.NoError(t, err)
			for _, o := range outcomes {
				if !c.ok {
					requireCode(t, engine.CodeInvalid, o.Err)
					continue
				}
				require.NoError(t, o.Err)
			}
			require.Empty(t, logged.String())
		})
	}
}

// createQuantized makes the collection "shop" for vectors of 8 numbers, which are walked to however few they are.
func createQuantized(t *testing.T, s *Store, memory string) {
	t.Helper()
	require.NoError(t, s.CreateCollection(t.Context(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: 8},
		Index: engine.IndexConfig{
			Kind: "hnsw", M: 8, EfConstruction: 32, ExactBelow: -1, Quantizer: "int8", Memory: memory,
		},
	}))
}

// TestIndexesTakeMoreThanTheStore has the indexes link vectors that are twice as far from length 1 as the store takes.
func TestIndexesTakeMoreThanTheStore(t *testing.T) {
	for _, kind := range []string{"hnsw", "flat"} {
		for _, quantizer := range []string{"none", "f16", "int8", "int4"} {
			t.Run(kind+" "+quantizer, func(t *testing.T) {
				config := engine.IndexConfig{Kind: kind, Quantizer: quantizer, Memory: index.MemoryFull}
				x, err := indexOfKind(config, 8, nil)
				require.NoError(t, err)
				for key, square := range []float64{1 - 2*maxNormError, 1 + 2*maxNormError} {
					vector := []float32{3: float32(math.Sqrt(square)), 7: 0}
					require.NoError(t, x.Add([]uint64{uint64(key)}, [][]float32{vector}), "squared length %g", square)
				}
			})
		}
	}
}
