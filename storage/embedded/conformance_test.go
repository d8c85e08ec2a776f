package embedded

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/storage/backendtest"
)

func TestConformance(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) (engine.Backend, func() engine.Backend) {
		dir := t.TempDir()
		store := openTest(t, dir)
		return store, func() engine.Backend {
			require.NoError(t, store.Close())
			store = openTest(t, dir)
			return store
		}
	})
}

// testOptions are the defaults without anything that happens by itself.
func testOptions() Options {
	o := DefaultOptions()
	o.CheckpointInterval, o.CheckpointEntries = 0, 0
	o.Logger = slog.New(slog.DiscardHandler)
	return o
}

// openTest opens a store that the test closes.
func openTest(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, testOptions())
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
