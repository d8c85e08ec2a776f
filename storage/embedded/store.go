package embedded

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// Store is the embedded backend. Make one with [Open].
type Store struct {
	options  Options
	db       *bolt.DB
	pictures *pictures
	writer   *writer
	health   *health
	report   OpenReport

	chunk       int    // graphChunk, but in tests
	rewriteFrom uint64 // so too

	mu          sync.RWMutex // guards collections
	collections map[string]*collection

	// gate is held for reading by every call, and for writing while closing, which so waits for the calls that run.
	gate   sync.RWMutex
	closed bool

	background background
	closing    sync.Once
	closeErr   error
}

var _ engine.Backend = (*Store)(nil)

// background runs what the store does beside its calls: checkpoints, the sweep, the removal of dropped collections.
type background struct {
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	reclaim chan reclaimRequest
	forget  chan struct{} // enough files were removed for a transaction about them
	removed int           // files since then; of the writer
}

func newBackground() background {
	ctx, stop := context.WithCancel(context.Background())
	return background{ctx: ctx, stop: stop, reclaim: make(chan reclaimRequest), forget: make(chan struct{}, 1)}
}

// enter begins a call; leave must follow when it returns nil.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return errClosed()
	}
	return nil
}

func (s *Store) leave() { s.gate.RUnlock() }

// view runs fn in a read transaction. Slices that bbolt returns in it must not be kept.
func (s *Store) view(fn func(tx *bolt.Tx) error) error {
	err := guarded(func() error { return s.db.View(fn) })
	logPanic(s.options.Logger, err)
	return classify("reading the database", err)
}

// viewData runs fn over the buckets of a collection that exists.
func (s *Store) viewData(c *collection, fn func(*buckets) error) error {
	return s.view(func(tx *bolt.Tx) error {
		b, err := openData(tx, c.number)
		if err != nil {
			return err
		}
		if b == nil {
			return errNoCollection(c.info.Name)
		}
		return fn(b)
	})
}

// named returns the collection of a name, or CodeNotFound.
func (s *Store) named(name string) (*collection, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.collections[name]
	if c == nil {
		return nil, errNoCollection(name)
	}
	return c, nil
}

// all returns the collections, in no order.
func (s *Store) all() []*collection {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*collection, 0, len(s.collections))
	for _, c := range s.collections {
		list = append(list, c)
	}
	return list
}

// publish brings memory and the picture folder in step with a committed transaction. The writer calls it.
func (s *Store) publish(c *changes) error {
	s.mu.Lock()
	for _, col := range c.dropped { // before created: a name may have been given again
		delete(s.collections, col.info.Name)
	}
	for _, col := range c.created {
		s.collections[col.info.Name] = col
	}
	s.mu.Unlock()

	start := time.Now()
	vectors, err := c.link()
	timed(s.options.Observer, engine.StageLink, start, vectors)
	s.removeFiles(c.unused)
	return err
}

// removeFiles removes the files of pictures that have lost their last reference.
func (s *Store) removeFiles(unused map[digest]struct{}) {
	for d := range unused {
		if _, err := s.pictures.collect(d); err != nil {
			s.options.Logger.Warn("a picture without references stays until the next start", "sha256", d, "error", err)
		}
	}
	if s.background.removed += len(unused); s.background.removed < forgetAfter {
		return
	}
	select {
	case s.background.forget <- struct{}{}:
		s.background.removed = 0
	default: // it is about to be done
	}
}

// Settle waits until the writer has ended, and well, whatever it was at when the call came.
func (s *Store) Settle(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.writer.do(ctx, &job{})
}

// OpenBlob returns a stored picture whose bytes have the hash that they are asked for by, CodeNotFound, or CodeDamaged.
func (s *Store) OpenBlob(ctx context.Context, sha256 string) (io.ReadSeekCloser, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	d, ok := parseDigest(sha256)
	if !ok {
		return nil, engine.Errorf(engine.CodeNotFound, "%q is not the hash of a picture", sha256)
	}
	s.pictures.pin(d) // so that a file that is not there is damage, and not an item that was deleted just now
	defer s.release(d, false)
	p, data, err := s.pictureInside(d)
	switch {
	case err != nil:
		return nil, err
	case p.references == 0:
		return nil, engine.Errorf(engine.CodeNotFound, "no picture has the hash %s", d)
	case p.inside():
		return bytesReader{bytes.NewReader(data)}, nil
	}
	return s.pictures.open(d)
}

// pictureInside returns what the database knows of a picture, and its bytes if it is kept there.
func (s *Store) pictureInside(d digest) (p pictureRecord, data []byte, err error) {
	err = s.view(func(tx *bolt.Tx) (err error) {
		if p, err = readPicture(tx, d); err == nil && p.inside() {
			data, err = readPictureBytes(tx, p)
		}
		return err
	})
	return p, data, err
}

// release ends a pin.
func (s *Store) release(d digest, failed bool) {
	if err := s.pictures.release(d, failed); err != nil {
		s.options.Logger.Warn("a picture without references stays until the next start", "sha256", d, "error", err)
	}
}

// bytesReader is a picture that has been read.
type bytesReader struct{ *bytes.Reader }

// Close implements io.Closer.
func (bytesReader) Close() error { return nil }

// Close waits for running calls, writes the graphs that changed, and releases the folder. Calls that come later return
// CodeUnavailable. Closing again returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.gate.Lock()
		s.closed = true
		s.gate.Unlock()

		s.background.stop()
		s.background.running.Wait()
		s.forgetRemoved(context.Background())
		checkpointErr := s.checkpointAll(context.Background())
		if checkpointErr != nil {
			// Nothing is lost: the next opening links what the last graph lacks.
			s.options.Logger.Warn("the graphs could not be written on closing", "error", checkpointErr)
		}
		s.writer.close()
		s.closeErr = errors.Join(checkpointErr, guarded(s.db.Close))
	})
	return s.closeErr
}
