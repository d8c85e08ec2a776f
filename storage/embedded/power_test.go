package embedded

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

// powerFiles knows which pictures a power failure would leave: those whose bytes were synced before they got their name,
// and whose name was synced after.
type powerFiles struct {
	osFiles
	mu      sync.Mutex
	synced  map[string]bool // temporary names whose bytes are safe
	named   map[string]bool // names that a power failure may still undo
	durable map[string]bool
}

func (f *powerFiles) Create(path string) (File, error) {
	file, err := f.osFiles.Create(path)
	return &powerFile{File: file, files: f, path: path}, err
}

type powerFile struct {
	File
	files *powerFiles
	path  string
}

func (f *powerFile) Write(p []byte) (int, error) {
	f.files.mu.Lock()
	f.files.synced[f.path] = false
	f.files.mu.Unlock()
	return f.File.Write(p)
}

func (f *powerFile) Sync() error {
	err := f.File.Sync()
	f.files.mu.Lock()
	defer f.files.mu.Unlock()
	f.files.synced[f.path] = err == nil
	return err
}

func (f *powerFiles) Rename(from, to string) error {
	if err := f.osFiles.Rename(from, to); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.synced[from] {
		f.named[to] = true
	}
	return nil
}

func (f *powerFiles) SyncDir(path string) error {
	f.mu.Lock()
	var names []string
	for name := range f.named {
		if filepath.Dir(name) == path {
			names = append(names, name)
		}
	}
	f.mu.Unlock()
	if err := f.osFiles.SyncDir(path); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		f.durable[name] = true
	}
	return nil
}

func (f *powerFiles) Remove(path string) error {
	f.mu.Lock()
	delete(f.named, path)
	delete(f.durable, path) // the removal may reach the disk at any time
	f.mu.Unlock()
	return f.osFiles.Remove(path)
}

// TestNewFolderIsDurable looks that the names of all that a new store made are synced before it takes the first write.
func TestNewFolderIsDurable(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "var", "lib", "data")
	synced := make(map[string]bool)
	o := testOptions()
	o.Files = &faultyFiles{before: func(call, path string) {
		if call == "sync dir" {
			synced[path] = true
			if path == dir {
				require.FileExists(t, filepath.Join(dir, databaseName))
				require.DirExists(t, filepath.Join(dir, picturesName))
			}
		}
	}}
	s, err := Open(t.Context(), dir, o)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{
		parent: true, filepath.Join(parent, "var"): true, filepath.Join(parent, "var", "lib"): true,
		dir: true, filepath.Join(dir, picturesName): true,
	}, synced)
	require.NoError(t, s.Close())
}

// TestPicturesAreDurableBeforeTheirRecords looks, before every commit, whether each picture that it makes referenced would
// survive a power failure right after.
func TestPicturesAreDurableBeforeTheirRecords(t *testing.T) {
	files := &powerFiles{synced: map[string]bool{}, named: map[string]bool{}, durable: map[string]bool{}}
	o := testOptions()
	o.Files = files
	s, err := Open(t.Context(), t.TempDir(), o)
	require.NoError(t, err)
	defer s.Close()
	createShop(t, s)
	looked := 0
	s.writer.commitTx = func(tx *bolt.Tx) error {
		err := tx.Bucket(bucketPictures).ForEach(func(key, _ []byte) error {
			looked++
			files.mu.Lock()
			defer files.mu.Unlock()
			if !files.durable[s.pictures.path(digest(key))] {
				t.Errorf("the picture %s is referenced and not durable", digest(key))
			}
			return nil
		})
		require.NoError(t, err)
		return tx.Commit()
	}
	var g errgroup.Group
	for w := range 6 {
		g.Go(func() error {
			for i := range 25 { // few pictures, so that many writes name one that is there or on its way
				write := withPicture("item-"+string(rune('a'+(w+i)%4)), uint64(i%5))
				if i%6 == 5 {
					if _, err := s.Delete(t.Context(), "shop", []string{write.Record.Item.ID}); err != nil {
						return err
					}
				}
				if err := upsertOne(t, s, write); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Positive(t, looked)
	requireNoOrphans(t, s)
}
