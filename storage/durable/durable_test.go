package durable_test

import (
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/storage/durable"
)

func TestSyncDir(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, durable.SyncDir(dir))
	if runtime.GOOS != "windows" {
		require.ErrorIs(t, durable.SyncDir(filepath.Join(dir, "none")), fs.ErrNotExist)
	}
}
