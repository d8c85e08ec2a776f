package embedded

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/storage/backendtest"
)

func TestConformance(t *testing.T) {
	for name, inline := range map[string]int{"pictures as files": 0, "pictures in the database": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, func(t *testing.T) (engine.Backend, func() engine.Backend) {
				dir := t.TempDir()
				store := openInline(t, dir, inline)
				return store, func() engine.Backend {
					require.NoError(t, store.Close())
					store = openInline(t, dir, inline)
					return store
				}
			})
		})
	}
}

// testOptions are the defaults without anything that happens by itself, and with all pictures as files, which is where
// more can go wrong.
func testOptions() Options {
	o := DefaultOptions()
	o.InlinePictures = 0
	o.CheckpointInterval, o.CheckpointEntries = 0, 0
	o.Logger = slog.New(slog.DiscardHandler)
	return o
}

// openTest opens a store that the test closes.
func openTest(t testing.TB, dir string) *Store {
	t.Helper()
	return openInline(t, dir, 0)
}

// openInline opens a store that keeps pictures of up to that many bytes in the database.
func openInline(t testing.TB, dir string, bytes int) *Store {
	t.Helper()
	o := testOptions()
	o.InlinePictures = bytes
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
