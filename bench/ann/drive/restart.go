//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"os"
)

// checkpoint writes the structure to a file, or what has changed since the last time behind what the file has, and syncs
// it.
func (d *driver) checkpoint(r request) (any, error) {
	if d.index == nil {
		return nil, errNotBuilt
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if r.Changes {
		flags = os.O_WRONLY | os.O_APPEND
	}
	var size int64
	s, err := measured(func() error {
		f, err := os.OpenFile(r.Path, flags, 0o644)
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(f, 1<<20)
		err = errors.Join(d.index.Checkpoint(w, r.Changes), w.Flush(), f.Sync())
		if info, statErr := f.Stat(); statErr == nil {
			size = info.Size()
		}
		return errors.Join(err, f.Close())
	})
	return struct {
		spent
		Bytes int64 `json:"bytes"` // of the file
	}{s, size}, err
}

// restore opens a checkpoint while rows up to Stop are stored, and ends when the first search is answered. Rows that came
// after the checkpoint are added with add.
func (d *driver) restore(r request) (any, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	return measured(func() error {
		x, err := newIndex(d.base, r)
		if err != nil {
			return err
		}
		f, err := os.Open(r.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := restoreIndex(x, bufio.NewReaderSize(f, 1<<20), d.base, r.Stop); err != nil {
			return err
		}
		d.index = x
		_, err = x.Search(context.Background(), d.queries.row(0), searchOptions(r, nil))
		return err
	})
}
