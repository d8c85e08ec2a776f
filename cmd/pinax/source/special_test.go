//go:build unix

package source_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/cmd/pinax/source"
)

// TestNamedPipesAreNotWaitedFor reads a folder and a table with a pipe that nobody will ever write to.
func TestNamedPipesAreNotWaitedFor(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,image\n1,pipe.jpg\n", "ok.png": "one"})
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "pipe.jpg"), 0o600))
	for _, path := range []string{root, filepath.Join(root, "p.csv")} {
		rows, _ := read(t, path, source.Options{})
		found := false
		for _, row := range rows {
			found = found || row.Err != nil
		}
		require.True(t, found, path)
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	root := folder(t, map[string]string{"\xff.jpg": "one", "\xfe.jpg": "two"})
	rows, total := read(t, root, source.Options{})
	require.Equal(t, 2, total)
	require.Len(t, rows, 2)
	for _, row := range rows {
		require.ErrorContains(t, row.Err, "UTF-8")
	}
}
