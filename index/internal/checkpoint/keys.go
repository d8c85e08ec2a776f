package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"

	"pinax/index"
)

// keysInSection bounds the buffer of a writer and of a reader.
const keysInSection = 64 << 10

// WriteKeys writes a checkpoint that holds nothing but keys.
func WriteKeys(to io.Writer, kind Kind, dimension int, keys func(yield func(key uint64) bool)) error {
	w, err := NewWriter(to, kind, dimension)
	if err != nil {
		return err
	}
	payload := make([]byte, 0, 8*keysInSection)
	for key := range keys {
		payload = binary.LittleEndian.AppendUint64(payload, key)
		if len(payload) == cap(payload) {
			if err := w.Section(Keys, payload); err != nil {
				return err
			}
			payload = payload[:0]
		}
	}
	if err := w.Section(Keys, payload); err != nil {
		return err
	}
	return w.Section(End, nil)
}

// ReadKeys reads what WriteKeys wrote. Keys are unique, or it returns index.ErrDamaged.
func ReadKeys(from io.Reader, kind Kind, dimension int) ([]uint64, error) {
	r, err := NewReader(from, kind, dimension)
	if err != nil {
		return nil, err
	}
	var keys []uint64
	seen := map[uint64]struct{}{}
	for {
		section, payload, err := r.Next()
		switch {
		case err != nil:
			return nil, err
		case section == End && len(payload) == 0:
			return keys, nil
		case section != Keys || len(payload)%8 != 0:
			return nil, fmt.Errorf("section %d of %d bytes: %w", section, len(payload), index.ErrDamaged)
		}
		for at := 0; at < len(payload); at += 8 {
			key := binary.LittleEndian.Uint64(payload[at:])
			if _, twice := seen[key]; twice {
				return nil, fmt.Errorf("key %d twice: %w", key, index.ErrDamaged)
			}
			seen[key] = struct{}{}
			keys = append(keys, key)
		}
	}
}
