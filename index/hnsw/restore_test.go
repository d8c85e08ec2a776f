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
	"pinax/index/internal/checkpoint"
)

var update = flag.Bool("update", false, "write the fixture of the current format anew")

const (
	fixture          = "testdata/checkpoint-2.bin"
	fixtureRows      = 200
	fixtureDimension = 8
	paramsBytes      = 13
)

// fixtureVectors are the vectors of the fixture's nodes, by key.
func fixtureVectors() [][]float32 {
	return indextest.Clustered(rand.New(rand.NewPCG(1, 2)), fixtureRows, fixtureDimension)
}

// TestVersion2 restores a checkpoint that an earlier build wrote. When the format changes, this fixture and test stay.
func TestVersion2(t *testing.T) {
	vectors := fixtureVectors()
	if *update {
		writeFixture(t, vectors)
	}
	saved, err := os.ReadFile(fixture)
	require.NoError(t, err)
	x := newIndex(t, fixtureDimension, 7)
	require.NoError(t, x.Restore(bytes.NewReader(saved), allOf(vectors)))
	require.Equal(t, fixtureRows, x.Len())
	for key, v := range vectors {
		found, err := x.Search(t.Context(), v, index.SearchOptions{K: 1, Ef: fixtureRows})
		require.NoError(t, err)
		require.InDelta(t, 1, found[0].Score, 1e-5, "key %d", key)
	}
	require.NoError(t, x.graph.Load().verify())
}

// TestVersion1 holds a format that was never released: it is told apart from damage, and the vectors are linked anew.
func TestVersion1(t *testing.T) {
	saved, err := os.ReadFile("testdata/checkpoint-1.bin")
	require.NoError(t, err)
	x := newIndex(t, fixtureDimension, 7)
	require.ErrorIs(t, x.Restore(bytes.NewReader(saved), allOf(fixtureVectors())), index.ErrVersion)
	require.Zero(t, x.Len())
}

func writeFixture(t *testing.T, vectors [][]float32) {
	t.Helper()
	x := newIndex(t, fixtureDimension, 7)
	for key, v := range vectors {
		require.NoError(t, x.Add([]uint64{uint64(key)}, [][]float32{v}))
	}
	var saved bytes.Buffer
	require.NoError(t, x.Checkpoint(&saved, false))
	require.NoError(t, os.MkdirAll("testdata", 0o750))
	require.NoError(t, os.WriteFile(fixture, saved.Bytes(), 0o600))
}

// FuzzRestore restores from any bytes: it fails, or the graph is sound and can be searched and written to. Bytes that are
// not a checkpoint are also tried as the payloads of one with right checksums, or the parser behind those would stay idle.
func FuzzRestore(f *testing.F) {
	saved, err := os.ReadFile(fixture)
	require.NoError(f, err)
	f.Add(saved)
	f.Add(saved[:len(saved)/2])
	f.Add([]byte("PINAXIDX"))
	f.Add(payloads(f, saved))
	vectors := fixtureVectors()
	f.Fuzz(func(t *testing.T, data []byte) {
		restoreAnything(t, data, vectors)
		if len(data) >= paramsBytes {
			restoreAnything(t, sealed(t, data), vectors)
		}
	})
}

func restoreAnything(t *testing.T, data []byte, vectors [][]float32) {
	x := newIndex(t, fixtureDimension, 7)
	err := x.Restore(bytes.NewReader(data), allOf(vectors))
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
}

// sealed wraps payloads, parameters and then nodes, in a checkpoint.
func sealed(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w, err := checkpoint.NewWriter(&b, checkpoint.HNSW, fixtureDimension)
	require.NoError(t, err)
	require.NoError(t, w.Section(checkpoint.Params, data[:paramsBytes]))
	require.NoError(t, w.Section(checkpoint.Nodes, data[paramsBytes:]))
	require.NoError(t, w.Section(checkpoint.End, nil))
	return b.Bytes()
}

// payloads is the reverse of sealed.
func payloads(t testing.TB, saved []byte) []byte {
	r, err := checkpoint.NewReader(bytes.NewReader(saved), checkpoint.HNSW, fixtureDimension)
	require.NoError(t, err)
	var all []byte
	for {
		section, payload, err := r.Next()
		require.NoError(t, err)
		if section == checkpoint.End {
			return all
		}
		all = append(all, payload...)
	}
}

// TestRestoreRefusesUnsoundGraphs changes graphs behind right checksums.
func TestRestoreRefusesUnsoundGraphs(t *testing.T) {
	const (
		m, slots = 16, 2
		head     = 4 + 8 + 1
		nodeSize = head + 2 + 4
		first    = paramsBytes
		second   = paramsBytes + nodeSize
	)
	mark := byte(treeMark >> 24)
	// Two nodes of level 0, keys 0 and 1, that link to each other by a tree edge.
	sound := []byte{
		m, 0, 0, 0, slots, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, mark,
		1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, mark,
	}
	vectors := fixtureVectors()
	restore := func(data []byte) error {
		x := newIndex(t, fixtureDimension, 7)
		return x.Restore(bytes.NewReader(sealed(t, data)), allOf(vectors))
	}
	require.NoError(t, restore(sound))
	for _, c := range []struct {
		name  string
		at    int
		value byte
	}{
		{"fewer slots promised", 4, 1},
		{"four billion slots promised", 7, 255},
		{"entry point is no node", 8, 2},
		{"changes of nothing", 12, 1},
		{"unknown part", 12, 2},
		{"a slot twice", second, 0},
		{"a slot out of range", second + 3, 1},
		{"a key twice", second + 4, 0},
		{"level too high", first + 12, maxLevel + 1},
		{"level without its lists", second + 12, 1},
		{"list longer than what follows", second + head, 2},
		{"list too long", first + head, 2*m + 1},
		{"link to itself", first + head + 2, 0},
		{"link to no node", first + head + 2, 2},
		{"tree edge in one list only", first + head + 5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := bytes.Clone(sound)
			data[c.at] = c.value
			require.ErrorIs(t, restore(data), index.ErrDamaged)
		})
	}
	t.Run("no tree", func(t *testing.T) {
		data := bytes.Clone(sound)
		data[first+head+5], data[second+head+5] = 0, 0
		require.ErrorIs(t, restore(data), index.ErrDamaged)
	})
}
