package embedded

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

func readBlob(t *testing.T, s *Store, sha256 string) []byte {
	t.Helper()
	blob, err := s.OpenBlob(t.Context(), sha256)
	require.NoError(t, err)
	data, err := io.ReadAll(blob)
	require.NoError(t, err)
	require.NoError(t, blob.Close())
	return data
}

// TestPicturesMoveBetweenFilesAndDatabase opens one folder with different sizes for what is kept in the database. A
// picture stays where it was first stored, for as long as something names it.
func TestPicturesMoveBetweenFilesAndDatabase(t *testing.T) {
	dir := t.TempDir()
	shared, second := withPicture("a", 1), withPicture("x", 2)
	sha := shared.Blobs[0].SHA256
	as := func(w engine.Write, id string) engine.Write {
		w.Record.Item.ID = id
		return w
	}
	s := openInline(t, dir, 0)
	createShop(t, s)
	require.NoError(t, upsertOne(t, s, shared))
	require.NoError(t, s.Close())

	s = openInline(t, dir, 1<<20)
	require.NoError(t, upsertOne(t, s, as(shared, "b")), "it is a file already and stays one")
	require.NoError(t, upsertOne(t, s, second))
	requireNoOrphans(t, s)
	_, err := s.Delete(t.Context(), "shop", []string{"a"})
	require.NoError(t, err)
	require.Equal(t, shared.Blobs[0].Data, readBlob(t, s, sha))
	_, err = s.Delete(t.Context(), "shop", []string{"b"})
	require.NoError(t, err)
	_, err = s.OpenBlob(t.Context(), sha)
	requireCode(t, engine.CodeNotFound, err)
	require.NoError(t, upsertOne(t, s, as(shared, "c")), "nothing names it any more, so now it goes into the database")
	require.Equal(t, shared.Blobs[0].Data, readBlob(t, s, sha))
	requireNoOrphans(t, s)
	require.NoError(t, s.Close())

	s = openInline(t, dir, 0)
	require.NoError(t, upsertOne(t, s, as(shared, "d")), "it is in the database already and stays there")
	withoutBytes := as(shared, "e")
	withoutBytes.Blobs = nil
	require.NoError(t, upsertOne(t, s, withoutBytes))
	_, err = s.Delete(t.Context(), "shop", []string{"c", "d", "e", "x"})
	require.NoError(t, err)
	requireNoOrphans(t, s)
	requireCode(t, engine.CodeInvalid, upsertOne(t, s, withoutBytes))
	require.Zero(t, countKeys(t, s, bucketBytes))
}

// TestReplacedPictureLeavesTheDatabase also covers a picture that goes and comes back within one call.
func TestReplacedPictureLeavesTheDatabase(t *testing.T) {
	s := openInline(t, t.TempDir(), 1<<20)
	createShop(t, s)
	first, second := withPicture("a", 1), withPicture("a", 2)
	outcomes, err := s.Upsert(t.Context(), "shop", []engine.Write{first, second, first, second})
	require.NoError(t, err)
	for _, o := range outcomes {
		require.NoError(t, o.Err)
	}
	require.Equal(t, 1, countKeys(t, s, bucketBytes))
	require.Equal(t, second.Blobs[0].Data, readBlob(t, s, second.Blobs[0].SHA256))
	requireNoOrphans(t, s)
	require.NoError(t, s.DropCollection(t.Context(), "shop"))
	require.Zero(t, countKeys(t, s, bucketBytes), "a dropped collection takes its pictures along")
}

func countKeys(t *testing.T, s *Store, bucket []byte) (n int) {
	t.Helper()
	require.NoError(t, s.view(func(tx *bolt.Tx) error { n = tx.Bucket(bucket).Stats().KeyN; return nil }))
	return n
}

// TestLostDatabaseLeavesThePictures opens a folder whose database is gone, or is an empty file.
func TestLostDatabaseLeavesThePictures(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"gone": os.Remove, "empty": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openTest(t, dir)
			createShop(t, s)
			w := withPicture("a", 1)
			require.NoError(t, upsertOne(t, s, w))
			picture := s.pictures.path(mustDigest(t, w))
			require.NoError(t, s.Close())
			require.NoError(t, lose(filepath.Join(dir, databaseName)))
			_, err := Open(t.Context(), dir, testOptions())
			requireCode(t, engine.CodeDamaged, err)
			data, err := os.ReadFile(picture)
			require.NoError(t, err)
			require.Equal(t, w.Blobs[0].Data, data)
		})
	}
}
