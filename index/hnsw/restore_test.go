package hnsw

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

var update = flag.Bool("update", false, "write the fixture of the current format anew")

const (
	fixture          = "testdata/checkpoint-1.bin"
	fixtureRows      = 200
	fixtureDimension = 8
)

// fixtureVectors are the vectors of the fixture's nodes, by key.
func fixtureVectors() [][]float32 {
	return indextest.Clustered(rand.New(rand.NewPCG(1, 2)), fixtureRows, fixtureDimension)
}

// TestVersion1 restores a checkpoint that an earlier build wrote. When the format changes, this fixture and test stay.
func TestVersion1(t *testing.T) {
	vectors := fixtureVectors()
	if *update {
		writeFixture(t, vectors)
	}
	saved, err := os.ReadFile(fixture)
	require.NoError(t, err)
	x := newIndex(t, fixtureDimension, 7)
	require.NoError(t, x.Restore(bytes.NewReader(saved), func(key uint64) []float32 { return vectors[key] }))
	require.Equal(t, fixtureRows, x.Len())
	for key, v := range vectors {
		found, err := x.Search(t.Context(), v, index.SearchOptions{K: 1, Ef: fixtureRows})
		require.NoError(t, err)
		require.InDelta(t, 1, found[0].Score, 1e-5, "key %d", key)
	}
	require.NoError(t, x.graph.Load().verify())
}

func writeFixture(t *testing.T, vectors [][]float32) {
	t.Helper()
	x := newIndex(t, fixtureDimension, 7)
	for key, v := range vectors {
		require.NoError(t, x.Add([]uint64{uint64(key)}, [][]float32{v}))
	}
	var saved bytes.Buffer
	require.NoError(t, x.Checkpoint(&saved))
	require.NoError(t, os.MkdirAll("testdata", 0o750))
	require.NoError(t, os.WriteFile(fixture, saved.Bytes(), 0o600))
}

// FuzzRestore restores from any bytes: it fails, or the graph is sound and can be searched and written to.
func FuzzRestore(f *testing.F) {
	saved, err := os.ReadFile(fixture)
	require.NoError(f, err)
	f.Add(saved)
	f.Add(saved[:len(saved)/2])
	f.Add([]byte("PINAXIDX"))
	vectors := fixtureVectors()
	f.Fuzz(func(t *testing.T, data []byte) {
		x := newIndex(t, fixtureDimension, 7)
		err := x.Restore(bytes.NewReader(data), func(key uint64) []float32 {
			if key >= fixtureRows {
				return nil
			}
			return vectors[key]
		})
		if err != nil && x.Len() != 0 {
			t.Fatalf("a failed restore left %d vectors", x.Len())
		}
		if err := x.graph.Load().verify(); err != nil {
			t.Fatal(err)
		}
		if err := x.Add([]uint64{1 << 40}, vectors[:1]); err != nil {
			t.Fatal(err)
		}
		found, err := x.Search(t.Context(), vectors[0], index.SearchOptions{K: 3})
		if err != nil || len(found) != min(3, x.Len()) {
			t.Fatalf("found %d of %d: %v", len(found), x.Len(), err)
		}
	})
}
