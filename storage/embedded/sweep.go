package embedded

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// forgetAfter is how many files are removed before the database is told, in one transaction, that they are gone.
const forgetAfter = 1000

// standing is what the database knows of a file in the picture folder.
type standing int

const (
	// unknown files are never removed by a sweep. A crash leaves some, of writes that were not acknowledged, and the
	// repeated write takes them over. But when an older database was put back beside the folder, they are pictures that a
	// newer one knows.
	unknown standing = iota
	named            // by a record
	removed          // lost its last reference, and may still be there because of a crash
)

// standing looks a picture up in the database.
func (s *Store) standing(d digest) (is standing, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		p, err := readPicture(tx, d)
		if err != nil {
			return err
		}
		if p.references > 0 && !p.inside() {
			is = named
		} else if b := tx.Bucket(bucketRemoved); b != nil && b.Get(d[:]) != nil {
			is = removed
		}
		return nil
	})
	return is, err
}

// noteRemoval writes down that the file of a picture is to be removed, which is done after the commit.
func (t *transaction) noteRemoval(d digest) error {
	b, err := t.tx.CreateBucketIfNotExists(bucketRemoved)
	if err != nil {
		return err
	}
	t.changes.unused[d] = struct{}{}
	return b.Put(d[:], []byte{})
}

// sweepLoop tidies the picture folder: what an earlier process left, and then, from time to time, the notes about what this
// one has removed.
func (s *Store) sweepLoop() {
	s.sweepPictures()
	for {
		select {
		case <-s.background.forget:
			s.forgetRemoved(s.background.ctx)
		case <-s.background.ctx.Done():
			return
		}
	}
}

// sweepPictures removes half-written files and those that the database knows to be removed, and tells of the unknown.
func (s *Store) sweepPictures() {
	var total swept
	for first := range 256 {
		if s.background.ctx.Err() != nil {
			return
		}
		found, err := s.pictures.sweep(byte(first))
		total.removed += found.removed
		total.unknown += found.unknown
		if err != nil {
			s.options.Logger.Warn("removed pictures stay until the next start", "error", err)
			return
		}
	}
	if total.removed > 0 {
		s.options.Logger.Info("pictures that an earlier process left behind were removed", "files", total.removed)
	}
	if total.unknown > 0 {
		s.options.Logger.Warn("the picture folder has files that the database does not know; they are left alone",
			"files", total.unknown, "hint", "a crash leaves those of writes that were not acknowledged; if there are many, "+
				databaseName+" may be older than the folder")
	}
	s.forgetRemoved(s.background.ctx)
}

// forgetRemoved removes the files that are noted as removed, if they are still there, and then the notes.
func (s *Store) forgetRemoved(ctx context.Context) {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.forgetSome(ctx); err != nil && ctx.Err() == nil {
			s.options.Logger.Warn("notes of removed pictures stay until the next start", "error", err)
		}
	}
}

// forgetSome tells whether there may be more.
func (s *Store) forgetSome(ctx context.Context) (more bool, err error) {
	noted, err := s.notedRemovals()
	if err != nil || len(noted) == 0 {
		return false, err
	}
	settled, err := s.pictures.removeDurably(noted)
	if err != nil || len(settled) == 0 {
		return false, err
	}
	err = s.writer.do(ctx, &job{records: len(settled), apply: func(t *transaction) error { return s.forget(t, settled) }})
	return err == nil && len(noted) == forgetAfter, err
}

// notedRemovals returns some of the pictures whose files are to be removed.
func (s *Store) notedRemovals() (noted []digest, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketRemoved)
		if b == nil {
			return nil
		}
		cursor := b.Cursor()
		for key, _ := cursor.First(); key != nil && len(noted) < forgetAfter; key, _ = cursor.Next() {
			if len(key) != len(digest{}) {
				return damagedf("the hash of a removed picture is malformed")
			}
			noted = append(noted, digest(key))
		}
		return nil
	})
	return noted, err
}

// forget deletes the notes of pictures whose files are gone, unless a call is at one: it may have come back and be on its
// way out again.
func (s *Store) forget(t *transaction, gone []digest) error {
	b := t.tx.Bucket(bucketRemoved)
	for _, d := range gone {
		if s.pictures.isPinned(d) {
			continue
		}
		if err := b.Delete(d[:]); err != nil {
			return err
		}
	}
	return nil
}

// removeDurably removes files that no record names, so that no power failure brings them back. It returns the pictures
// that are settled: their file is gone, or is needed after all.
func (p *pictures) removeDurably(list []digest) (settled []digest, err error) {
	var folders [256]bool
	for _, d := range list {
		done, err := p.collect(d)
		if err != nil {
			return nil, err
		}
		if done {
			settled = append(settled, d)
			folders[d[0]] = true
		}
	}
	for first, changed := range folders {
		if !changed {
			continue
		}
		if err := p.files.SyncDir(p.folder(byte(first))); err != nil {
			return nil, err
		}
	}
	return settled, nil
}

func (p *pictures) isPinned(d digest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pinned[d] != nil
}

// swept counts the files that a sweep met.
type swept struct{ removed, unknown int }

// sweep goes through one folder.
func (p *pictures) sweep(first byte) (total swept, err error) {
	names, err := p.files.Names(p.folder(first))
	if err != nil {
		return total, err
	}
	var errs []error
	for _, name := range names {
		found, err := p.sweepFile(first, name)
		total.removed += found.removed
		total.unknown += found.unknown
		errs = append(errs, err)
	}
	return total, errors.Join(errs...)
}

func (p *pictures) sweepFile(first byte, name string) (swept, error) {
	hash, rest, _ := strings.Cut(name, ".")
	d, ok := parseDigest(hash)
	if !ok || d[0] != first {
		return swept{}, nil // not ours
	}
	path := filepath.Join(p.folder(first), name)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pinned[d] != nil:
		return swept{}, nil
	case strings.HasSuffix(name, tmpSuffix):
		return swept{removed: 1}, p.files.Remove(path)
	case rest != "":
		return swept{}, nil // not ours
	}
	is, err := p.standing(d)
	switch {
	case err != nil:
		return swept{}, err
	case is == removed:
		return swept{removed: 1}, p.files.Remove(path)
	case is == unknown:
		return p.countUnknown(path)
	}
	return swept{}, nil
}

// countUnknown looks whether a file is still there: a write that failed may have removed its own meanwhile.
func (p *pictures) countUnknown(path string) (swept, error) {
	f, err := p.files.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return swept{}, nil
	}
	if err != nil {
		return swept{unknown: 1}, nil //nolint:nilerr // it is there, and what it is does not matter
	}
	return swept{unknown: 1}, f.Close()
}
