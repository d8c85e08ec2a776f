package store

import (
	"errors"

	"pinax/engine"
)

// reserve is left for everybody else on the disk.
const reserve = 64 << 20

// room fails with CodeStorageFull when bytes more would not fit. Where nobody knows how much is free, it lets them come.
func (s *Store) room(bytes int64) error {
	free, err := s.space(s.dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	if bytes > free-reserve {
		return engine.Errorf(engine.CodeStorageFull, "%d MB are to come and %d MB are free in %s", bytes/1e6, free/1e6, s.dir).
			WithHint("make room, `pinax models remove` what is not used, or set models.dir to a folder on another disk")
	}
	return nil
}
