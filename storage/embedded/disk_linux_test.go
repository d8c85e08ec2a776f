package embedded

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pinax/engine"
	"pinax/storage/embedded/internal/pagecheck"
)

// TestFullDisk runs into the end of a real file system, makes room and goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skip("mounting a small file system needs root:", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))

	data := filepath.Join(dir, "data")
	s := openTest(t, data)
	createShop(t, s)
	var stored []engine.Write
	fill := func(prefix string, n int) (full int) {
		for i := range n {
			w := withPicture(fmt.Sprint(prefix, i), rand.Uint64())
			w.Record.Item.Texts = map[string]string{"description": string(make([]byte, 3000*(i%7)))}
			err := upsertOne(t, s, w)
			if err == nil {
				stored = append(stored, w)
				continue
			}
			requireCode(t, engine.CodeStorageFull, err)
			if full++; full == 20 {
				break
			}
		}
		return full
	}
	require.Equal(t, 20, fill("before-", 5000))
	for _, w := range stored {
		requireWhole(t, s, w)
	}
	requireCode(t, engine.CodeStorageFull, s.Health(t.Context()))
	_ = s.Close() // the graphs find no room
	s = openTest(t, data)
	for _, w := range stored {
		requireWhole(t, s, w)
	}
	require.Equal(t, 20, fill("again-", 5000), "what was opened anew may have found a few free pages, not more")
	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Health(t.Context()))
	before := len(stored)
	fill("after-", 30)
	require.Greater(t, len(stored), before)
	_ = s.Close() // the graphs may or may not find room
	s = openTest(t, data)
	for _, w := range stored {
		requireWhole(t, s, w)
	}
	requireNoOrphans(t, s)
	require.NoError(t, checkPages(t.Context(), s.db.Path(), pagecheck.Check))
	require.NoError(t, s.Close())
}

// TestReadOnlyFolder opens a folder on a file system that was mounted for reading.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("mounting a file system needs root:", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	s := openTest(t, dir)
	fillShop(t, s, 3)
	require.NoError(t, s.Close())
	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, err := Open(t.Context(), dir, testOptions())
	requireCode(t, engine.CodeReadOnly, err)
	_, err = Open(t.Context(), filepath.Join(dir, "new"), testOptions())
	requireCode(t, engine.CodeReadOnly, err)
}
