package checkpoint

import (
	"errors"
	"fmt"
	"io"

	"pinax/index"
)

// WriteEmpty writes the checkpoint of an index without a structure worth keeping.
func WriteEmpty(to io.Writer, kind Kind, dimension int) error {
	w, err := NewWriter(to, kind, dimension)
	if err != nil {
		return err
	}
	return w.Section(End, nil)
}

// ReadEmpty reads what WriteEmpty wrote, once or several times, until from ends.
func ReadEmpty(from io.Reader, kind Kind, dimension int) error {
	for part := 0; ; part++ {
		r, err := NewReader(from, kind, dimension)
		switch {
		case part > 0 && errors.Is(err, errNothing):
			return nil
		case err != nil:
			return err
		}
		section, payload, err := r.Next()
		switch {
		case err != nil:
			return err
		case section != End || len(payload) > 0:
			return fmt.Errorf("section %d of %d bytes: %w", section, len(payload), index.ErrDamaged)
		}
	}
}
