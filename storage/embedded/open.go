package embedded

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sync/errgroup"

	"pinax/engine"
	"pinax/storage/embedded/internal/pagecheck"
)

const (
	databaseName = "pinax.db"
	picturesName = "pictures"
	// pageSize of a new database. bbolt puts at least two values on a page, so that vectors of 512 numbers (2 KiB and a
	// little) would waste half of the system's 4 KiB; here three fit.
	pageSize = 8 << 10
	// lockTry is for how long Open waits for a process that has the folder open: not at all, but bbolt reads zero as for ever.
	lockTry = time.Millisecond
	// lockWait is for how long it waits for one that is itself still in checkFile, when two start at once: one of them wins.
	lockWait = time.Second
)

// OpenReport tells what opening a store did.
type OpenReport struct {
	Took        time.Duration
	Collections int
	Items       int
	Entries     int   // vectors of all indexes
	Restored    int   // of them found in a graph checkpoint
	Linked      int   // of them linked anew
	Refused     int   // vectors that their index refused: they are stored, and no search finds them
	Damaged     int   // graphs that failed their checks and were built anew
	Outdated    int   // graphs of a version that this build does not read, built anew too
	Bytes       int64 // of the database
}

// Open opens the store in a folder, which it creates when needed, and brings its indexes up to date. It returns
// CodeUnavailable when another process has the folder open, CodeReadOnly when it cannot be written, CodeInvalid when it is a
// file, CodeDamaged when the database fails its checks or is of a newer version (the version check is one of them), and
// leaves the files as they are then.
//
// A damaged graph is no reason to refuse: it is built anew from the vectors. When the context ends before the store is ready,
// Open gives up and returns its error.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	o = o.filled()
	start := time.Now()
	if err := prepareFolder(dir, o.Files); err != nil {
		return nil, classify("opening the data folder", err)
	}
	if err := refuseLostDatabase(dir, o.Files); err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, filepath.Join(dir, databaseName), o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		options: o, db: db, health: new(health), chunk: graphChunk, rewriteFrom: rewriteFrom,
		background: newBackground(), collections: make(map[string]*collection),
	}
	s.writer = newWriter(db, o, s.health, s.publish)
	if err := s.load(ctx, dir); err != nil {
		return nil, errors.Join(err, guarded(db.Close))
	}
	var left []uint64
	if err := s.view(func(tx *bolt.Tx) (err error) { left, err = dropped(tx); return err }); err != nil {
		return nil, errors.Join(err, guarded(db.Close))
	}
	s.report.Took = time.Since(start)
	go s.writer.run()
	s.background.running.Go(s.checkpointLoop)
	s.background.running.Go(func() { s.reclaimLoop(left) })
	s.background.running.Go(s.sweepLoop)
	return s, nil
}

// OpenReport tells what opening the store did.
func (s *Store) OpenReport() OpenReport { return s.report }

// prepareFolder creates the data folder and finds out whether it can be written, before bbolt finds out in the middle of
// something. A full disk is no reason to refuse what is stored already.
func prepareFolder(dir string, files FileSystem) error {
	if err := makeFolders(filepath.Clean(dir), files); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, "probe-*"+tmpSuffix)
	if err != nil && isFull(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// makeFolders makes a folder and those above it that are missing. Each name is synced in its parent: a power failure that
// took one of them would take the database with it. CodeInvalid when a file is in the way.
func makeFolders(dir string, files FileSystem) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return engine.Errorf(engine.CodeInvalid, "%s is not a folder", dir).WithHint("name a folder with --data")
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return err
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return err
	}
	if err := makeFolders(parent, files); err != nil {
		return err
	}
	if err := files.MakeDir(dir); err != nil {
		return err
	}
	return files.SyncDir(parent)
}

// refuseLostDatabase refuses a folder that has pictures and no database. A new one would be empty without a word, and know
// none of them.
func refuseLostDatabase(dir string, files FileSystem) error {
	info, err := os.Stat(filepath.Join(dir, databaseName))
	if err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // whatever is wrong with it is found by those who read it
	}
	for first := range 256 {
		names, err := files.Names(pictureFolder(filepath.Join(dir, picturesName), byte(first)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return classify("looking for pictures", err)
		}
		for _, name := range names {
			if d, ok := parseDigest(name); ok && d[0] == byte(first) {
				return engine.Errorf(engine.CodeDamaged, "the folder has pictures, and the database %s that knows them is missing or empty", databaseName).
					WithHint("put the database back; or move the folder " + picturesName + " away to begin anew")
			}
		}
	}
	return nil
}

// openDatabase opens the file once it has proved to be a whole database of a version that is known.
func openDatabase(ctx context.Context, path string, o Options) (*bolt.DB, error) {
	if err := checkFile(ctx, path, o); err != nil {
		return nil, classifyOpen(path, err)
	}
	var db *bolt.DB
	err := guarded(func() (err error) {
		db, err = bolt.Open(path, 0o640, &bolt.Options{
			Timeout: lockWait, PageSize: pageSize, FreelistType: bolt.FreelistMapType, NoStatistics: true,
		})
		return err
	})
	if err != nil {
		return nil, classifyOpen(path, err)
	}
	if err := guarded(func() error { return initialise(db) }); err != nil {
		return nil, errors.Join(classifyOpen(path, err), guarded(db.Close))
	}
	return db, nil
}

// initialise makes the buckets of a database that has none.
func initialise(db *bolt.DB) error {
	fresh := false
	err := db.View(func(tx *bolt.Tx) error {
		name, _ := tx.Cursor().First()
		fresh = name == nil
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	return db.Update(createBuckets)
}

// checkFile looks at the file without a thought of writing. bbolt takes the lock that this needs, and nothing else yet:
// when it opens a file for writing it follows what the header says, and panics with the lock held if that leads nowhere.
func checkFile(ctx context.Context, path string, o Options) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil // bbolt makes a new one
	}
	if err != nil {
		return err
	}
	db, err := bolt.Open(path, 0o640, &bolt.Options{Timeout: lockTry, ReadOnly: true})
	if err != nil {
		return err
	}
	check := pagecheck.Check
	if info.Size() > o.CheckBelow {
		check = pagecheck.CheckHead
	}
	err = checkPages(ctx, path, check)
	if err == nil {
		err = guarded(func() error { return db.View(checkFormat) })
	}
	return errors.Join(err, db.Close())
}

// checkPages applies one of the checks of pagecheck. No write transaction may run beside it.
func checkPages(ctx context.Context, path string, check func(io.ReaderAt) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := check(readerAt{ctx, file}); errors.Is(err, pagecheck.ErrDamaged) {
		return damagedf("%s fails its checks: %w", filepath.Base(path), err)
	} else if err != nil {
		return err
	}
	return nil
}

// readerAt ends with a context.
type readerAt struct {
	ctx context.Context
	io.ReaderAt
}

func (r readerAt) ReadAt(p []byte, at int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, at)
}

func classifyOpen(path string, err error) error {
	var coded *engine.Error
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return (&engine.Error{
			Code: engine.CodeUnavailable, Detail: "the data folder is in use", Err: err,
		}).WithHint("another pinax serves this folder; stop it, or name another folder with --data")
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return damagedf("%s is not a database, or damaged: %w", filepath.Base(path), err)
	case errors.As(err, &coded), isFull(err), errors.Is(err, fs.ErrPermission),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return classify("opening the database", err)
	}
	// What is left comes from reading the file: too short, unreadable.
	return damagedf("%s cannot be opened: %w", filepath.Base(path), err)
}

// checkFormat looks at the version and the buckets. A database without any was left by a crash right after it was made.
func checkFormat(tx *bolt.Tx) error {
	if name, _ := tx.Cursor().First(); name == nil {
		return nil
	}
	meta := tx.Bucket(bucketMeta)
	if meta == nil || meta.Get(keyFormat) == nil {
		return damagedf("%s is not a database of Pinax", filepath.Base(tx.DB().Path()))
	}
	version, err := unsealCounter("the format version", meta.Get(keyFormat))
	if err != nil {
		return err
	}
	if version > formatVersion {
		return engine.Errorf(engine.CodeDamaged, "the database has format %d, and this pinax knows formats up to %d",
			version, formatVersion).WithHint("use the version of pinax that wrote it, or a newer one")
	}
	for _, name := range [][]byte{bucketCollections, bucketData, bucketDropped, bucketPictures, bucketBytes} {
		if tx.Bucket(name) == nil {
			return damagedf("the database lacks the bucket %s", name)
		}
	}
	return nil
}

// load fills memory from the database.
func (s *Store) load(ctx context.Context, dir string) error {
	var err error
	s.pictures, err = openPictures(filepath.Join(dir, picturesName), s.options.Files, s.standing, s.options.Logger)
	if err != nil {
		return classify("opening the picture folder", err)
	}
	// bbolt syncs its file, and nobody so far the names in the folder, without which a new file is lost with the power.
	if err := s.options.Files.SyncDir(dir); err != nil {
		return classify("syncing the data folder", err)
	}
	records := make(map[string]collectionRecord)
	err = s.view(func(tx *bolt.Tx) error {
		s.report.Bytes = tx.Size()
		return tx.Bucket(bucketCollections).ForEach(func(name, value []byte) (err error) {
			records[string(name)], err = decodeCollection(string(name), value)
			return err
		})
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	loader := &loader{store: s, group: group}
	loader.group.SetLimit(runtime.GOMAXPROCS(0))
	for _, r := range records {
		c, err := s.newCollection(r.Number, r.Collection)
		if err != nil {
			return errors.Join(err, loader.group.Wait())
		}
		s.collections[r.Collection.Name] = c
		loader.start(ctx, c)
	}
	if err := loader.group.Wait(); err != nil {
		return err
	}
	loader.sum()
	return nil
}

// picture returns what the database knows of a picture now.
func (s *Store) picture(d digest) (p pictureRecord, err error) {
	err = s.view(func(tx *bolt.Tx) (err error) { p, err = readPicture(tx, d); return err })
	return p, err
}
