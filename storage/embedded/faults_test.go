package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/storage/backendtest"
	"pinax/storage/embedded/internal/pagecheck"
)

// faultyFiles makes calls of the real file system fail.
type faultyFiles struct {
	osFiles
	mu     sync.Mutex
	calls  []string                // made so far
	fail   func(n int) error       // for the n-th call, from 0
	before func(call, path string) // called first, without the lock
}

func (f *faultyFiles) call(name, path string) error {
	if f.before != nil {
		f.before(name, path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
	if f.fail == nil {
		return nil
	}
	if err := f.fail(len(f.calls) - 1); err != nil {
		return &os.PathError{Op: name, Path: path, Err: err}
	}
	return nil
}

// from starts counting anew.
func (f *faultyFiles) from(fail func(n int) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.fail = nil, fail
}

func (f *faultyFiles) Create(path string) (File, error) {
	if err := f.call("create", path); err != nil {
		return nil, err
	}
	file, err := f.osFiles.Create(path)
	return &faultyFile{File: file, files: f, path: path}, err
}

func (f *faultyFiles) Open(path string) (io.ReadSeekCloser, error) {
	if err := f.call("open", path); err != nil {
		return nil, err
	}
	return f.osFiles.Open(path)
}

func (f *faultyFiles) Rename(from, to string) error {
	if err := f.call("rename", to); err != nil {
		return err
	}
	return f.osFiles.Rename(from, to)
}

func (f *faultyFiles) Remove(path string) error {
	if err := f.call("remove", path); err != nil {
		return err
	}
	return f.osFiles.Remove(path)
}

func (f *faultyFiles) SyncDir(path string) error {
	if err := f.call("sync dir", path); err != nil {
		return err
	}
	return f.osFiles.SyncDir(path)
}

type faultyFile struct {
	File
	files *faultyFiles
	path  string
}

// Write stores half of the bytes before it fails, as a full disk does.
func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.files.call("write", f.path); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.files.call("sync", f.path); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *faultyFile) Close() error { return errors.Join(f.files.call("close", f.path), f.File.Close()) }

// openFaulty opens a store with a collection "shop" of 4 dimensions over faulty files.
func openFaulty(t *testing.T, dir string) (*Store, *faultyFiles) {
	files := new(faultyFiles)
	o := testOptions()
	o.Files = files
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	createShop(t, s)
	return s, files
}

func createShop(t testing.TB, s *Store) {
	require.NoError(t, s.CreateCollection(t.Context(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: 4}, Index: engine.IndexConfig{Kind: "hnsw"},
	}))
}

// withPicture returns a write of an item with one vector and one picture.
func withPicture(id string, seed uint64) engine.Write {
	r := rand.New(rand.NewPCG(seed, 0))
	blob, image := backendtest.Picture(r, 3000)
	return engine.Write{
		Record: engine.Record{
			Item:    engine.Item{ID: id, Images: []engine.Image{image}},
			Entries: backendtest.Entries(engine.ModalityImage, backendtest.Unit(r, 4)),
		},
		Blobs: []engine.Blob{blob},
	}
}

func upsertOne(t testing.TB, s *Store, w engine.Write) error {
	outcomes, err := s.Upsert(t.Context(), "shop", []engine.Write{w})
	if err != nil {
		return err
	}
	return outcomes[0].Err
}

// requireWhole checks that a write is stored with everything that belongs to it.
func requireWhole(t testing.TB, s *Store, w engine.Write) {
	t.Helper()
	got, err := s.Get(t.Context(), "shop", w.Record.Item.ID)
	require.NoError(t, err)
	require.Equal(t, w.Record.Entries, got.Entries)
	for _, blob := range w.Blobs {
		file, err := s.OpenBlob(t.Context(), blob.SHA256)
		require.NoError(t, err)
		data, err := io.ReadAll(file)
		require.NoError(t, errors.Join(err, file.Close()))
		require.Equal(t, blob.Data, data)
	}
	matches, err := s.Nearest(t.Context(), "shop", engine.VectorQuery{
		Vector: w.Record.Entries[0].Vector, Modality: engine.ModalityImage, Limit: 1, Exact: true,
	})
	require.NoError(t, err)
	require.Equal(t, w.Record.Item.ID, matches[0].ID)
	require.InDelta(t, 1, matches[0].Score, 1e-5)
}

// requireNoOrphans sweeps, and compares the pictures in the folder and in the database with the references to them.
func requireNoOrphans(t testing.TB, s *Store) {
	t.Helper()
	require.Empty(t, sweptFiles(t, s), "files that nothing refers to")
}

// sweptFiles sweeps, checks that every picture that is referenced is there, and returns the files that nothing refers to.
func sweptFiles(t testing.TB, s *Store) map[string]bool {
	t.Helper()
	s.sweepPictures()
	files := make(map[string]bool)
	require.NoError(t, filepath.WalkDir(s.pictures.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[d.Name()] = true
		}
		return err
	}))
	require.NoError(t, s.view(func(tx *bolt.Tx) error {
		inside := 0
		err := tx.Bucket(bucketPictures).ForEach(func(key, _ []byte) error {
			p, err := readPicture(tx, digest(key))
			require.NoError(t, err)
			if p.inside() {
				inside++
				data, err := readPictureBytes(tx, p)
				require.NoError(t, err)
				require.Equal(t, digest(key), digest(sha256.Sum256(data)))
				return nil
			}
			name := digest(key).String()
			require.True(t, files[name], "the picture %s is referenced and not there", name)
			delete(files, name)
			return nil
		})
		require.Equal(t, inside, tx.Bucket(bucketBytes).Stats().KeyN, "bytes that nothing refers to")
		return err
	}))
	return files
}

// TestEachFileOperationFails lets every call on pictures fail in turn, once for a new item and once for the replacement of
// one. What was acknowledged stays whole, what was not leaves nothing behind, and the next attempt succeeds.
func TestEachFileOperationFails(t *testing.T) {
	for _, fault := range []struct {
		err  error
		want engine.Code
	}{{syscall.ENOSPC, engine.CodeStorageFull}, {syscall.EIO, engine.CodeInternal}, {syscall.EROFS, engine.CodeReadOnly}} {
		t.Run(fault.err.Error(), func(t *testing.T) {
			s, files := openFaulty(t, t.TempDir())
			kept, replaced := withPicture("kept", 1), withPicture("replaced", 2)
			require.NoError(t, upsertOne(t, s, kept))
			require.NoError(t, upsertOne(t, s, replaced))
			for n := 0; ; n++ {
				fresh, next := withPicture("fresh", uint64(100+n)), withPicture("replaced", uint64(200+n))
				for _, w := range []engine.Write{fresh, next} {
					files.from(func(call int) error {
						if call == n {
							return fault.err
						}
						return nil
					})
					err := upsertOne(t, s, w)
					made := files.calls
					files.from(nil)
					if n >= len(made) { // every call had its turn
						require.NoError(t, err)
						return
					}
					t.Log("failing:", made[n])
					requireWhole(t, s, kept)
					if err == nil { // the call was one of tidying up
						require.Equal(t, "remove", made[n])
						requireNoOrphans(t, s)
						replaced = next
						continue
					}
					requireCode(t, fault.want, err)
					requireWhole(t, s, replaced)
					requireNoOrphans(t, s)
					if w.Record.Item.ID == "fresh" {
						_, err = s.Get(t.Context(), "shop", "fresh")
						requireCode(t, engine.CodeNotFound, err)
					}
					require.Error(t, s.health.lastWrite())
					require.NoError(t, upsertOne(t, s, w))
					requireWhole(t, s, w)
					if w.Record.Item.ID == "replaced" {
						replaced = w
					}
					_, err = s.Delete(t.Context(), "shop", []string{"fresh"})
					require.NoError(t, err)
					requireNoOrphans(t, s)
				}
			}
		})
	}
}

func requireCode(t testing.TB, want engine.Code, err error) {
	t.Helper()
	require.Equal(t, want, engine.CodeOf(err), "%v", err)
	var e *engine.Error
	if errors.As(err, &e) && (want == engine.CodeStorageFull || want == engine.CodeReadOnly || want == engine.CodeDamaged) {
		require.NotEmpty(t, e.Hint)
	}
}

// TestFullPictureFolderSpoilsOnlyItsRecords stores what needs no picture although none can be written.
func TestFullPictureFolderSpoilsOnlyItsRecords(t *testing.T) {
	s, files := openFaulty(t, t.TempDir())
	files.from(func(int) error { return syscall.ENOSPC })
	plain := withPicture("plain", 1)
	plain.Record.Item.Images, plain.Blobs = nil, nil
	outcomes, err := s.Upsert(t.Context(), "shop", []engine.Write{withPicture("a", 2), plain, withPicture("b", 3)})
	require.NoError(t, err)
	requireCode(t, engine.CodeStorageFull, outcomes[0].Err)
	require.NoError(t, outcomes[1].Err)
	requireCode(t, engine.CodeStorageFull, outcomes[2].Err)
	requireCode(t, engine.CodeStorageFull, upsertOne(t, s, withPicture("c", 4)))
	requireCode(t, engine.CodeStorageFull, s.Health(t.Context()))
	files.from(nil)
	require.NoError(t, s.Health(t.Context()))
	requireWhole(t, s, plain)
	requireNoOrphans(t, s)
}

// TestFailedCommit lets commits fail before anything is written. Nothing of the group is stored, reads go on, health
// reports it and notices by itself when it is over.
func TestFailedCommit(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	kept := withPicture("kept", 1)
	require.NoError(t, upsertOne(t, s, kept))

	s.writer.commitTx = func(*bolt.Tx) error { return syscall.ENOSPC }
	requireCode(t, engine.CodeStorageFull, upsertOne(t, s, withPicture("kept", 2)))
	requireCode(t, engine.CodeStorageFull, upsertOne(t, s, withPicture("new", 3)))
	_, err := s.Delete(t.Context(), "shop", []string{"kept"})
	requireCode(t, engine.CodeStorageFull, err)
	requireCode(t, engine.CodeStorageFull, s.DropCollection(t.Context(), "shop"))
	requireCode(t, engine.CodeStorageFull, s.CreateCollection(t.Context(), engine.Collection{
		Name: "other", Encoder: engine.EncoderRef{Dimension: 4},
	}))
	requireCode(t, engine.CodeStorageFull, s.Health(t.Context()))
	requireWhole(t, s, kept)
	requireNoOrphans(t, s)

	s.writer.commitTx = (*bolt.Tx).Commit
	require.NoError(t, s.Health(t.Context()))
	added := withPicture("new", 4)
	require.NoError(t, upsertOne(t, s, added))
	for range 2 {
		requireWhole(t, s, kept)
		requireWhole(t, s, added)
		requireNoOrphans(t, s)
		require.NoError(t, s.Close())
		s = openTest(t, dir)
	}
}

// TestDatabaseAtItsLimit makes bbolt itself fail in the middle of a commit, again and again.
func TestDatabaseAtItsLimit(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	var stored []engine.Write
	full := 0
	for i := range 200 {
		switch i {
		case 60:
			s.db.MaxSize = 1 // bbolt refuses to grow the file
		case 140:
			s.db.MaxSize = 0
		}
		w := withPicture(fmt.Sprint("item-", i), uint64(i))
		w.Record.Item.Texts = map[string]string{"description": string(make([]byte, 3000))}
		if err := upsertOne(t, s, w); err != nil {
			requireCode(t, engine.CodeStorageFull, err)
			full++
			continue
		}
		stored = append(stored, w)
	}
	require.Greater(t, full, 20)
	require.Greater(t, len(stored), 100)
	for _, w := range stored {
		requireWhole(t, s, w)
	}
	requireNoOrphans(t, s)
	require.NoError(t, checkPages(t.Context(), s.db.Path(), pagecheck.Check))
}

// TestUnsyncedCommit is the one case in which a failed transaction can be read: all of it was written, and only the last
// sync failed. The caller hears that the outcome is unknown, memory agrees with the database, and no further write is
// accepted that could not be promised to be durable.
func TestUnsyncedCommit(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	s.writer.commitTx = func(tx *bolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
	w := withPicture("a", 1)
	requireCode(t, engine.CodeOutcomeUnknown, upsertOne(t, s, w))
	requireWhole(t, s, w)
	requireCode(t, engine.CodeUnavailable, upsertOne(t, s, withPicture("b", 2)))
	requireCode(t, engine.CodeUnavailable, s.Health(t.Context()))
	requireNoOrphans(t, s)
	require.Error(t, s.Close())
	s = openTest(t, dir)
	requireWhole(t, s, w)
	require.NoError(t, upsertOne(t, s, withPicture("b", 2)))
}

// TestRepeatOfAnUnsyncedWriteIsNotAcknowledged goes through the engine, which answers a repeated write from what it reads:
// that must not make durable what is not.
func TestRepeatOfAnUnsyncedWriteIsNotAcknowledged(t *testing.T) {
	s := openTest(t, t.TempDir())
	e, err := engine.New(s, []engine.Encoder{enginetest.NewEncoder(8)}, engine.DefaultOptions())
	require.NoError(t, err)
	_, err = e.CreateCollection(t.Context(), engine.CollectionInput{Name: "shop"})
	require.NoError(t, err)
	put := func() error {
		_, err := e.Upsert(t.Context(), "shop", engine.ItemInput{ID: "a", Texts: map[string]string{"title": "red dress"}})
		return err
	}
	require.NoError(t, put())
	require.NoError(t, put(), "a repeat")
	_, err = s.Delete(t.Context(), "shop", []string{"a"})
	require.NoError(t, err)

	s.writer.commitTx = func(tx *bolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }
	requireCode(t, engine.CodeOutcomeUnknown, put())
	requireCode(t, engine.CodeUnavailable, put())
	title := "red dress"
	_, err = e.Patch(t.Context(), "shop", "a", engine.Patch{Texts: map[string]*string{"title": &title}})
	requireCode(t, engine.CodeUnavailable, err)
}

// TestOneJobSpoilsNoOthers fails one job of a group for a reason that only it has.
func TestOneJobSpoilsNoOthers(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	c, err := s.named("shop")
	require.NoError(t, err)
	require.NoError(t, upsertOne(t, s, withPicture("damaged", 1)))
	require.NoError(t, s.writer.do(t.Context(), &job{apply: func(t *transaction) error {
		b, err := t.buckets(c)
		if err != nil {
			return err
		}
		return b.items.Put([]byte("damaged"), []byte("not a record"))
	}}))

	letGo := holdWriter(t, s) // so that all that follow become one group
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		id := fmt.Sprint("item-", i)
		if i == 5 {
			id = "damaged"
		}
		wg.Go(func() { errs[i] = upsertOne(t, s, withPicture(id, uint64(10+i))) })
	}
	require.Eventually(t, func() bool { return len(s.writer.queue) == len(errs) }, time.Minute, time.Millisecond)
	letGo()
	wg.Wait()
	for i, err := range errs {
		if i == 5 {
			requireCode(t, engine.CodeDamaged, err)
			continue
		}
		require.NoError(t, err)
		requireWhole(t, s, withPicture(fmt.Sprint("item-", i), uint64(10+i)))
	}
	requireNoOrphans(t, s)
	_, err = s.Get(t.Context(), "shop", "damaged")
	requireCode(t, engine.CodeDamaged, err)
}

// TestPictureLosesItsLastReferenceWhileItIsNamedAnew deletes the only item with a picture at each moment in which another
// write relies on the file.
func TestPictureLosesItsLastReferenceWhileItIsNamedAnew(t *testing.T) {
	for _, moment := range []string{"open", "sync dir", "create", "rename"} {
		t.Run(moment, func(t *testing.T) {
			dir := t.TempDir()
			s, files := openFaulty(t, dir)
			old := withPicture("old", 1)
			require.NoError(t, upsertOne(t, s, old))
			next := withPicture("new", 1)
			var once sync.Once
			files.before = func(call, _ string) {
				if call == moment {
					once.Do(func() {
						_, err := s.Delete(t.Context(), "shop", []string{"old"})
						require.NoError(t, err)
					})
				}
			}
			if moment == "create" || moment == "rename" { // the file must be written anew
				require.NoError(t, os.Remove(s.pictures.path(mustDigest(t, old))))
			}
			require.NoError(t, upsertOne(t, s, next))
			files.before = nil
			requireWhole(t, s, next)
			requireNoOrphans(t, s)
			_, err := s.Delete(t.Context(), "shop", []string{"new", "old"})
			require.NoError(t, err)
			requireNoOrphans(t, s)
			_, err = s.OpenBlob(t.Context(), next.Blobs[0].SHA256)
			requireCode(t, engine.CodeNotFound, err)
		})
	}
}

func mustDigest(t testing.TB, w engine.Write) digest {
	d, ok := parseDigest(w.Blobs[0].SHA256)
	require.True(t, ok)
	return d
}
