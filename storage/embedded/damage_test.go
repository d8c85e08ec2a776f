package embedded

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/engine/enginetest"
)

// pictureDamages are what a disk, or somebody who tidies up, does to a file.
var pictureDamages = []struct {
	name string
	do   func(path string) error
}{
	{"a flipped bit", func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 4
		return os.WriteFile(path, data, 0o600)
	}},
	{"cut off", func(path string) error { return os.Truncate(path, 1000) }},
	{"empty", func(path string) error { return os.Truncate(path, 0) }},
	{"longer", func(path string) error { return os.Truncate(path, 5000) }},
	{"deleted", os.Remove},
}

func requireDamagedPicture(t *testing.T, s *Store, blob engine.Blob) {
	t.Helper()
	_, err := s.OpenBlob(t.Context(), blob.SHA256)
	requireCode(t, engine.CodeDamaged, err)
	require.Contains(t, err.Error(), blob.SHA256)
	var e *engine.Error
	require.ErrorAs(t, err, &e)
	require.NotContains(t, e.Detail, s.pictures.dir, "what is sent to clients names no folder of the server")
}

// TestDamagedPictureFile damages the file of a picture. It is not served, its item can still be read and changed, and
// the next write that brings the bytes makes it whole, whichever item that is for.
func TestDamagedPictureFile(t *testing.T) {
	for _, damage := range pictureDamages {
		for _, mending := range []struct {
			name   string
			id     string
			inline int // the size limit of the store that mends
		}{{"the same item", "a", 0}, {"another item", "c", 0}, {"a larger limit for the database", "a", 1 << 20}} {
			t.Run(damage.name+", "+mending.name, func(t *testing.T) {
				dir := t.TempDir()
				s := openTest(t, dir)
				createShop(t, s)
				w, other := withPicture("a", 1), withPicture("b", 2)
				require.NoError(t, upsertOne(t, s, w))
				require.NoError(t, upsertOne(t, s, other))
				require.NoError(t, s.Close())

				s = openInline(t, dir, mending.inline)
				path := s.pictures.path(mustDigest(t, w))
				require.NoError(t, damage.do(path))
				requireDamagedPicture(t, s, w.Blobs[0])
				requireWhole(t, s, other)

				priced := w
				priced.Blobs, priced.Record.Item.Attributes = nil, map[string]any{"in_stock": true}
				require.NoError(t, upsertOne(t, s, priced), "another attribute needs no picture")
				requireDamagedPicture(t, s, w.Blobs[0])

				again := w
				again.Record.Item.ID = mending.id
				require.NoError(t, upsertOne(t, s, again))
				require.Equal(t, w.Blobs[0].Data, readBlob(t, s, w.Blobs[0].SHA256))
				requireNoOrphans(t, s)
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, w.Blobs[0].Data, data)
			})
		}
	}
}

// TestWritesWithoutBytesDoNotVouchForAPicture lets a write that brings no bytes, and so has not looked at the file, be
// under way with one that brings them.
func TestWritesWithoutBytesDoNotVouchForAPicture(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	w := withPicture("a", 1)
	require.NoError(t, upsertOne(t, s, w))
	d := mustDigest(t, w)
	require.NoError(t, os.Truncate(s.pictures.path(d), 10))
	_, err := s.pictures.acquire(d, nil)
	require.NoError(t, err)
	require.NoError(t, upsertOne(t, s, w))
	require.NoError(t, s.pictures.release(d, false))
	requireWhole(t, s, w)
}

// TestDamagedPictureInTheDatabase is about the small ones.
func TestDamagedPictureInTheDatabase(t *testing.T) {
	damages := map[string]func(b *bolt.Bucket, key, value []byte) error{
		"a flipped bit": func(b *bolt.Bucket, key, value []byte) error {
			damaged := bytes.Clone(value)
			damaged[len(damaged)-1] ^= 1
			return b.Put(key, damaged)
		},
		"gone": func(b *bolt.Bucket, key, _ []byte) error { return b.Delete(key) },
	}
	for name, damage := range damages {
		for _, id := range []string{"a", "b"} {
			t.Run(name+", mended by "+id, func(t *testing.T) {
				s := openInline(t, t.TempDir(), 1<<20)
				createShop(t, s)
				w := withPicture("a", 1)
				require.NoError(t, upsertOne(t, s, w))
				require.NoError(t, s.db.Update(func(tx *bolt.Tx) error {
					b := tx.Bucket(bucketBytes)
					key, value := b.Cursor().First()
					return damage(b, key, value)
				}))
				_, err := s.OpenBlob(t.Context(), w.Blobs[0].SHA256)
				requireCode(t, engine.CodeDamaged, err)

				again := w
				again.Record.Item.ID = id
				require.NoError(t, upsertOne(t, s, again))
				require.Equal(t, w.Blobs[0].Data, readBlob(t, s, w.Blobs[0].SHA256))
				requireNoOrphans(t, s)
			})
		}
	}
}

// TestRepeatedItemMendsItsPicture goes through the engine, which answers an item that is stored already without a write:
// not when the picture behind it is broken.
func TestRepeatedItemMendsItsPicture(t *testing.T) {
	for _, damage := range pictureDamages {
		t.Run(damage.name, func(t *testing.T) {
			s := openTest(t, t.TempDir())
			encoder := enginetest.NewEncoder(8)
			e, err := engine.New(s, []engine.Encoder{encoder}, engine.DefaultOptions())
			require.NoError(t, err)
			_, err = e.CreateCollection(t.Context(), engine.CollectionInput{Name: "shop"})
			require.NoError(t, err)
			picture := append(enginetest.Picture("red dress "), bytes.Repeat([]byte{' '}, 2000)...)
			put := func() engine.Stored {
				t.Helper()
				stored, err := e.Upsert(t.Context(), "shop", engine.ItemInput{ID: "a", Images: [][]byte{picture}})
				require.NoError(t, err)
				return stored
			}
			first := put()
			require.True(t, put().Unchanged)
			calls := encoder.Calls()
			d, ok := parseDigest(first.Item.Images[0].SHA256)
			require.True(t, ok)
			require.NoError(t, damage.do(s.pictures.path(d)))
			_, _, err = e.OpenImage(t.Context(), "shop", "a", 0)
			requireCode(t, engine.CodeDamaged, err)

			require.False(t, put().Unchanged)
			require.Equal(t, picture, readBlob(t, s, d.String()))
			require.Equal(t, calls, encoder.Calls(), "nothing is encoded again")
			require.True(t, put().Unchanged)
		})
	}
}

// TestPictureIsReadWhileItsItemGoes opens a picture again and again while the only item that names it comes and goes. A
// reader finds it whole or not at all; it is never taken for damaged.
func TestPictureIsReadWhileItsItemGoes(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	w := withPicture("a", 1)
	done := make(chan error)
	go func() {
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			if err = upsertOne(t, s, w); err == nil {
				_, err = s.Delete(t.Context(), "shop", []string{"a"})
			}
		}
		done <- err
	}()
	for {
		select {
		case err := <-done:
			require.NoError(t, err)
			requireNoOrphans(t, s)
			return
		default:
		}
		blob, err := s.OpenBlob(t.Context(), w.Blobs[0].SHA256)
		if err != nil {
			requireCode(t, engine.CodeNotFound, err)
			continue
		}
		require.NoError(t, blob.Close())
	}
}

// TestUnreadablePictureIsDamaged takes a file that cannot be read for one that is damaged.
func TestUnreadablePictureIsDamaged(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	w := withPicture("a", 1)
	require.NoError(t, upsertOne(t, s, w))
	path := s.pictures.path(mustDigest(t, w))
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700)) // reading it fails, opening it does not
	requireDamagedPicture(t, s, w.Blobs[0])
	require.NoError(t, os.Remove(path))
	require.NoError(t, upsertOne(t, s, w))
	requireWhole(t, s, w)
}
