package embedded

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/storage/backendtest"
	"pinax/storage/embedded/internal/pagecheck"
)

// TestRefusedFolders opens what must not be opened, and looks that it was left as it is.
func TestRefusedFolders(t *testing.T) {
	sound := openTest(t, t.TempDir())
	fillShop(t, sound, 200)
	require.NoError(t, sound.checkpointAll(t.Context()))
	database, err := os.ReadFile(sound.db.Path())
	require.NoError(t, err)
	used := int64(0)
	require.NoError(t, sound.view(func(tx *bolt.Tx) error { used = tx.Size(); return nil }))
	changed := func(change func(tx *bolt.Tx) error) []byte {
		dir := copyDatabase(t, sound)
		db, err := bolt.Open(filepath.Join(dir, databaseName), 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(change))
		require.NoError(t, db.Close())
		data, err := os.ReadFile(filepath.Join(dir, databaseName))
		require.NoError(t, err)
		return data
	}
	entries := func(tx *bolt.Tx) *bolt.Bucket {
		return tx.Bucket(bucketData).Bucket(number(1)).Bucket(entriesBucket(engine.ModalityImage))
	}

	cases := []struct {
		name string
		data []byte
		want string // in the detail
	}{
		{"a text", []byte("id,title\n1,red dress\n"), "not a database"},
		{"zeros", make([]byte, 1<<16), "not a database"},
		{"noise", noise(1 << 16), "not a database"},
		{"first page only", database[:pageSize], "opened"},
		{"cut in half", database[:len(database)/2], "cut off"},
		{"cut by a page", database[:used-pageSize], "cut off"},
		{"newer format", changed(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(keyFormat, sealCounter(formatVersion+1))
		}), "format 2"},
		{"another program's", changed(func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketMeta) }), "not a database of Pinax"},
		{"a bucket is gone", changed(func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketPictures) }), "lacks the bucket"},
		{"a collection's bucket is gone", changed(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketData).Bucket(number(1)).DeleteBucket(bucketItems)
		}), "lacks a bucket"},
		{"a collection's data is gone", changed(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketData).DeleteBucket(number(1))
		}), "not there"},
		{"a damaged collection", changed(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketCollections).Put([]byte("shop"), []byte("{}"))
		}), "cut off"},
		{"a vector with a flipped bit", changed(func(tx *bolt.Tx) error {
			value := append([]byte(nil), entries(tx).Get(number(7))...)
			value[len(value)-1] ^= 1
			return entries(tx).Put(number(7), value)
		}), "checksum"},
		{"a vector cut off", changed(func(tx *bolt.Tx) error { return entries(tx).Put(number(7), []byte{1, 2}) }), "cut off"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, databaseName)
			require.NoError(t, os.WriteFile(path, c.data, 0o600))
			for range 2 { // the first refusal must not have kept the lock
				s, err := Open(t.Context(), dir, testOptions())
				if err == nil {
					_ = s.Close()
				}
				requireCode(t, engine.CodeDamaged, err)
				require.Contains(t, err.Error(), c.want)
				require.NotContains(t, err.Error(), "goroutine", "the stack is for the log")
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(c.data, after), "the file was changed")
		})
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestFlippedBytes damages a database in a random place. Either it is refused, or everything that is read from it is
// right, or says that it is damaged. Nothing may panic.
func TestFlippedBytes(t *testing.T) {
	sound := openTest(t, t.TempDir())
	writes := fillShop(t, sound, 100)
	require.NoError(t, sound.checkpointAll(t.Context()))
	database, err := os.ReadFile(sound.db.Path())
	require.NoError(t, err)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	refused := 0
	for round := range 60 {
		data := append([]byte(nil), database...)
		at := 2*pageSize + r.IntN(len(data)-2*pageSize) // a damaged header makes bbolt use the one before
		for round%2 == 0 && data[at/pageSize*pageSize+8] == 1 {
			at = 2*pageSize + r.IntN(len(data)-2*pageSize) // without the check of pages, a circle of branches has no end
		}
		for i := range 1 + r.IntN(16) {
			data[min(at+i, len(data)-1)] ^= byte(1 + r.IntN(255))
		}
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, databaseName), data, 0o600))
		o := testOptions()
		if round%2 == 0 {
			o.CheckBelow = 0 // so that reads meet the damage
		}
		s, err := Open(t.Context(), dir, o)
		if err != nil {
			requireCode(t, engine.CodeDamaged, err)
			refused++
			continue
		}
		for _, w := range writes {
			record, err := s.Get(t.Context(), "shop", w.Record.Item.ID)
			if err != nil {
				require.Contains(t, []engine.Code{engine.CodeDamaged, engine.CodeNotFound}, engine.CodeOf(err), "%v", err)
				continue
			}
			require.Equal(t, w.Record.Entries, record.Entries)
		}
		_, err = s.List(t.Context(), "shop", "", 1000)
		require.Contains(t, []engine.Code{"", engine.CodeDamaged}, engine.CodeOf(err))
		_ = upsertOne(t, s, withPicture("new", 1))
		_, _ = s.Delete(t.Context(), "shop", []string{writes[50].Record.Item.ID})
		_ = s.Close()
	}
	require.Positive(t, refused)
}

func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillShop(t, s, 3)
	start := time.Now()
	_, err := Open(t.Context(), dir, testOptions())
	requireCode(t, engine.CodeUnavailable, err)
	var e *engine.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.Hint, "another pinax serves this folder")
	t.Logf("refused after %v", time.Since(start))
	require.NoError(t, s.Health(t.Context()))
	require.NoError(t, s.Close())
	require.NoError(t, openTest(t, dir).Close())
}

func TestFolderWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err := Open(t.Context(), dir, testOptions())
	requireCode(t, engine.CodeReadOnly, err)
}

func TestFolderThatIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	for name, dir := range map[string]string{"the folder": path, "one above it": filepath.Join(path, "a", "data")} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), dir, testOptions())
			requireCode(t, engine.CodeInvalid, err)
			var e *engine.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Detail, path+" is not a folder")
			require.Contains(t, e.Hint, "--data")
		})
	}
}

// TestInterruptedDrop opens a folder in which a drop was acknowledged and its data not yet removed.
func TestInterruptedDrop(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	for i := range 20 {
		require.NoError(t, upsertOne(t, s, withPicture(fmt.Sprint(i), uint64(i))))
	}
	c, err := s.named("shop")
	require.NoError(t, err)
	require.NoError(t, s.writer.do(t.Context(), &job{apply: func(t *transaction) error {
		_, err := t.dropCollection(c)
		return err
	}}))
	require.NoError(t, s.Close())

	s = openTest(t, dir)
	_, err = s.Collection(t.Context(), "shop")
	requireCode(t, engine.CodeNotFound, err)
	createShop(t, s)
	w := withPicture("new", 3) // shares a picture with the dropped ones
	require.NoError(t, upsertOne(t, s, w))
	require.Eventually(t, func() bool {
		var left []uint64
		err := s.view(func(tx *bolt.Tx) (err error) { left, err = dropped(tx); return err })
		return err == nil && len(left) == 0
	}, time.Minute, time.Millisecond)
	requireWhole(t, s, w)
	requireNoOrphans(t, s)
	require.NoError(t, checkPages(t.Context(), s.db.Path(), pagecheck.Check))
}

// TestOpenCatalogue measures opening the size of the catalogue that the benchmarks use. It runs with PINAX_OPEN_ITEMS.
func TestOpenCatalogue(t *testing.T) {
	var n int
	if _, err := fmt.Sscan(os.Getenv("PINAX_OPEN_ITEMS"), &n); err != nil {
		t.Skip("PINAX_OPEN_ITEMS names no number of items")
	}
	const dimension = 256
	dir := t.TempDir()
	s := openTest(t, dir)
	require.NoError(t, s.CreateCollection(t.Context(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: dimension}, Index: engine.IndexConfig{Kind: "hnsw"},
	}))
	// Vectors of a catalogue lie in clusters; random ones would be far harder to link than any that an encoder makes.
	r := rand.New(rand.NewPCG(1, 1))
	centres := make([][]float32, 300)
	for i := range centres {
		centres[i] = backendtest.Unit(r, dimension)
	}
	vector := func() []float32 { return backendtest.Near(r, centres[r.IntN(len(centres))], 0.5) }
	start := time.Now()
	for i := 0; i < n; i += 500 {
		writes := make([]engine.Write, min(500, n-i))
		for k := range writes {
			writes[k].Record = engine.Record{
				Item: engine.Item{ID: fmt.Sprint("sku-", r.IntN(1<<40)), Texts: map[string]string{"title": "Turtle check men navy blue shirt"}},
				Entries: append(backendtest.Entries(engine.ModalityImage, vector()),
					backendtest.Entries(engine.ModalityText, vector())...),
			}
		}
		_, err := s.Upsert(t.Context(), "shop", writes)
		require.NoError(t, err)
	}
	t.Logf("%d items written and linked in %v", n, time.Since(start))
	start = time.Now()
	require.NoError(t, s.checkpointAll(t.Context()))
	t.Logf("checkpoint in %v", time.Since(start))
	require.NoError(t, s.Close())
	for _, check := range []int64{0, 1 << 40} {
		o := testOptions()
		o.CheckBelow = check
		s, err := Open(t.Context(), dir, o)
		require.NoError(t, err)
		t.Logf("page check up to %d bytes: %+v", check, s.OpenReport())
		require.NoError(t, s.Close())
	}
}
