package embedded

import (
	"context"
	"errors"
	"sync"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// health remembers what went wrong with writing.
type health struct {
	mu sync.Mutex
	// last is why the latest write failed; nil when it succeeded.
	last error
	// fatal, once set, stops all writes until the store is opened again.
	fatal error
}

func (h *health) wrote(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = err
}

// poison stops all writes.
func (h *health) poison(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fatal = errors.Join(h.fatal, err)
}

// writable returns CodeUnavailable after a failure that only opening the store again can mend.
func (h *health) writable() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fatal == nil {
		return nil
	}
	return (&engine.Error{
		Code: engine.CodeUnavailable, Detail: "writing has stopped after a failure of the storage", Err: h.fatal,
	}).WithHint("look at the log and the disk, then restart pinax; reading still works")
}

func (h *health) lastWrite() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// Health returns nil while reads and writes work. After a write that failed it tries one of its own, of a picture and of a
// transaction, so that it notices by itself when a full disk has room again. It returns CodeUnavailable, CodeStorageFull or CodeReadOnly, as writes do.
func (s *Store) Health(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.health.writable(); err != nil {
		return err
	}
	if s.health.lastWrite() == nil {
		return s.view(func(*bolt.Tx) error { return nil })
	}
	if err := s.pictures.probe(); err != nil {
		return classify("writing a picture", err)
	}
	return s.writer.do(ctx, &job{apply: func(*transaction) error { return nil }})
}
