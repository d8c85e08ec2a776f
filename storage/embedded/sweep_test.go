package embedded

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// openLogged opens a store that writes its log to the returned buffer, which may be read after the store was closed.
func openLogged(t *testing.T, dir string) (*Store, *bytes.Buffer) {
	log := new(bytes.Buffer)
	o := testOptions()
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, log
}

// noted counts the notes of files that are to be removed.
func noted(t *testing.T, s *Store) int {
	t.Helper()
	list, err := s.notedRemovals()
	require.NoError(t, err)
	return len(list)
}

// TestLeftovers sweeps what is half-written, tells of what it does not know, and touches nothing else.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	w := withPicture("kept", 1)
	require.NoError(t, upsertOne(t, s, w))
	orphan, kept := mustDigest(t, withPicture("", 2)), mustDigest(t, w)
	half := s.pictures.path(kept) + ".XYZ" + tmpSuffix
	foreign := filepath.Join(s.pictures.folder(orphan[0]), "README.txt")
	copied := s.pictures.path(kept) + ".bak"
	for _, path := range []string{s.pictures.path(orphan), half, foreign, copied} {
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	require.NoError(t, s.Close())

	for range 2 {
		s, log := openLogged(t, dir)
		s.sweepPictures()
		requireWhole(t, s, w)
		require.NoError(t, s.Close())
		require.NoFileExists(t, half)
		for _, path := range []string{s.pictures.path(orphan), foreign, copied} {
			require.FileExists(t, path)
		}
		require.Contains(t, log.String(), "does not know")
		require.Contains(t, log.String(), "files=1")
	}
}

// TestOlderDatabaseLeavesNewerPictures puts a copy of the database back and not one of the pictures. What the newer one
// knew stays, whatever is written to the older one, and is taken over by the items that bring it again.
func TestOlderDatabaseLeavesNewerPictures(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, databaseName)
	s := openTest(t, dir)
	createShop(t, s)
	old, newer := withPicture("old", 1), withPicture("newer", 2)
	require.NoError(t, upsertOne(t, s, old))
	require.NoError(t, s.Close())
	older, err := os.ReadFile(path)
	require.NoError(t, err)

	s = openTest(t, dir)
	require.NoError(t, upsertOne(t, s, newer))
	require.NoError(t, s.Close())
	latest, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, older, 0o600))

	for i := range 3 {
		s = openTest(t, dir)
		require.NoError(t, upsertOne(t, s, withPicture(fmt.Sprint(i), uint64(10+i))))
		s.sweepPictures()
		require.FileExists(t, s.pictures.path(mustDigest(t, newer)))
		_, err = s.OpenBlob(t.Context(), newer.Blobs[0].SHA256)
		requireCode(t, engine.CodeNotFound, err)
		requireWhole(t, s, old)
		require.NoError(t, s.Close())
	}

	t.Run("a write that fails does not take it away", func(t *testing.T) {
		s = openTest(t, dir)
		s.writer.commitTx = func(*bolt.Tx) error { return syscall.ENOSPC }
		requireCode(t, engine.CodeStorageFull, upsertOne(t, s, newer))
		require.FileExists(t, s.pictures.path(mustDigest(t, newer)))
		s.writer.commitTx = (*bolt.Tx).Commit
		require.NoError(t, s.Close())
	})
	t.Run("the latest database comes back", func(t *testing.T) {
		require.NoError(t, os.WriteFile(path, latest, 0o600))
		s = openTest(t, dir)
		s.sweepPictures()
		requireWhole(t, s, old)
		requireWhole(t, s, newer)
		require.NoError(t, s.Close())
	})
	t.Run("the item comes again", func(t *testing.T) {
		require.NoError(t, os.WriteFile(path, older, 0o600))
		s = openTest(t, dir)
		require.NoError(t, upsertOne(t, s, newer))
		requireWhole(t, s, newer)
	})
}

// TestInterruptedRemoval opens a folder in which the last item with a picture was deleted and its file not yet removed.
func TestInterruptedRemoval(t *testing.T) {
	dir := t.TempDir()
	s, files := openFaulty(t, dir)
	gone, back := withPicture("gone", 1), withPicture("back", 2)
	require.NoError(t, upsertOne(t, s, gone))
	require.NoError(t, upsertOne(t, s, back))
	files.from(func(int) error { return syscall.EIO })
	_, err := s.Delete(t.Context(), "shop", []string{"gone", "back"})
	require.NoError(t, err)
	files.from(nil)
	require.NoError(t, upsertOne(t, s, back))
	require.Equal(t, 2, noted(t, s))
	require.FileExists(t, s.pictures.path(mustDigest(t, gone)))
	files.from(func(int) error { return syscall.EIO }) // so that closing leaves it, too
	require.NoError(t, s.Close())

	s = openTest(t, dir)
	s.sweepPictures()
	require.NoFileExists(t, s.pictures.path(mustDigest(t, gone)))
	requireWhole(t, s, back)
	require.Zero(t, noted(t, s))
	requireNoOrphans(t, s)
}

// TestNotesOfRemovedFilesDoNotGather removes many files in one process.
func TestNotesOfRemovedFilesDoNotGather(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	require.NoError(t, s.writer.do(t.Context(), &job{apply: func(t *transaction) error {
		for i := range 3*forgetAfter + 10 {
			if err := t.noteRemoval(digest{byte(i), byte(i >> 8)}); err != nil {
				return err
			}
		}
		return nil
	}}))
	require.Eventually(t, func() bool { return noted(t, s) == 0 }, time.Minute, time.Millisecond)
	w := withPicture("a", 1)
	require.NoError(t, upsertOne(t, s, w))
	_, err := s.Delete(t.Context(), "shop", []string{"a"})
	require.NoError(t, err)
	require.Equal(t, 1, noted(t, s), "one file is not worth a transaction")
	require.NoError(t, s.Close())
	s, log := openLogged(t, dir)
	require.Zero(t, noted(t, s), "closing forgets the rest")
	require.NoError(t, s.Close())
	require.Empty(t, strings.TrimSpace(log.String()))
}
