package embedded

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/storage/backendtest"
)

var update = flag.Bool("update", false, "write the fixture of the current format anew")

const formatFixture = "testdata/format-1.db.gz"

// formatWrites are what the fixture holds, without pictures.
func formatWrites() []engine.Write {
	vector := func(i int) []float32 {
		v := make([]float32, 4)
		v[i] = 1
		return v
	}
	return []engine.Write{
		{Record: engine.Record{
			Item: engine.Item{
				ID: "商品-1", Texts: map[string]string{"title": "Red dress 👗"},
				Attributes: map[string]any{"price": json.Number("29.90"), "sizes": []any{"M", "L"}, "in_stock": true},
				OwnVectors: map[engine.Modality]int{engine.ModalityImage: 2},
			},
			Entries: append(backendtest.Entries(engine.ModalityImage, vector(0), vector(1)),
				backendtest.Entries(engine.ModalityText, vector(2))...),
		}},
		{Record: engine.Record{Item: engine.Item{ID: "sku-2"}, Entries: backendtest.Entries(engine.ModalityImage, vector(3))}},
	}
}

// TestFormat1 opens a database that an earlier build wrote. When the format changes, this fixture and test stay.
func TestFormat1(t *testing.T) {
	if *update {
		writeFixture(t)
	}
	compressed, err := os.Open(formatFixture)
	require.NoError(t, err)
	defer compressed.Close()
	r, err := gzip.NewReader(compressed)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, databaseName), data, 0o600))

	s := openTest(t, dir)
	report := s.OpenReport()
	report.Took, report.Bytes = 0, 0
	require.Equal(t, OpenReport{Collections: 1, Items: 2, Entries: 4, Linked: 4, Outdated: 2}, report,
		"graphs of another version are built anew")
	for _, w := range formatWrites() {
		requireWhole(t, s, w)
		got, err := s.Get(t.Context(), "shop", w.Record.Item.ID)
		require.NoError(t, err)
		require.Equal(t, uint64(1), got.Item.Revision)
		require.False(t, got.Item.Created.IsZero())
		want := w.Record.Item
		want.Revision, want.Created, want.Updated = got.Item.Revision, got.Item.Created, got.Item.Updated
		require.Equal(t, want, got.Item)
	}
	require.NoError(t, upsertOne(t, s, withPicture("new", 1)))
	requireRevisionsGoOn(t, s)
}

// requireRevisionsGoOn writes and deletes items of before the collection counted its revisions.
func requireRevisionsGoOn(t *testing.T, s *Store) {
	for _, w := range formatWrites() {
		_, err := s.Delete(t.Context(), "shop", []string{w.Record.Item.ID})
		require.NoError(t, err)
		require.NoError(t, upsertOne(t, s, w))
		got, err := s.Get(t.Context(), "shop", w.Record.Item.ID)
		require.NoError(t, err)
		require.Greater(t, got.Item.Revision, uint64(1))
	}
}

func writeFixture(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	for _, w := range formatWrites() {
		require.NoError(t, upsertOne(t, s, w))
	}
	require.NoError(t, s.Close())
	data, err := os.ReadFile(filepath.Join(dir, databaseName))
	require.NoError(t, err)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.MkdirAll(filepath.Dir(formatFixture), 0o755))
	require.NoError(t, os.WriteFile(formatFixture, b.Bytes(), 0o644))
}
