package store

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pinax/encoder/hub"
	"pinax/engine"
)

// bundle is a folder or an archive with files.
type bundle interface {
	// walk visits all regular files, in the same order each time. r is theirs until visit returns.
	walk(ctx context.Context, visit func(file string, size int64, r io.Reader) error) error
}

// Bounds of an archive. Weights hardly compress, so what unpacks to many times its size is made to fill a disk.
const (
	bundleFiles   = 20_000
	bundleRatio   = 100
	bundleAtLeast = 16 << 20 // that any archive may unpack to
)

// openBundle tells by its first bytes what a file is.
func openBundle(name string) (bundle, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return folder(name), nil
	}
	if !info.Mode().IsRegular() {
		return nil, engine.Errorf(engine.CodeInvalid, "%s is neither a file nor a folder", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	limit := max(info.Size()*bundleRatio, bundleAtLeast)
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return zipFile{name, limit}, nil
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return tarFile{name, true, limit}, nil
	case len(head) == 512 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return tarFile{name, false, limit}, nil
	}
	return nil, engine.Errorf(engine.CodeMediaType, "%s is neither a folder nor a tar, a gzipped tar or a zip", name)
}

// tally counts what a walk has met, against the bounds.
type tally struct {
	files int
	bytes int64
	limit int64
}

func (t *tally) add(file string, size int64) error {
	t.files++
	if t.files > bundleFiles {
		return engine.Errorf(engine.CodeTooLarge, "there are more than %d files", bundleFiles)
	}
	if size < 0 || size > t.limit-t.bytes {
		return engine.Errorf(engine.CodeTooLarge, "it unpacks to more than %d bytes, which no model does", t.limit)
	}
	t.bytes += size
	if !hub.PathIsSafe(file) {
		return engine.Errorf(engine.CodeInvalid, "it holds a path that is not to be trusted: %q", file)
	}
	return nil
}

// folder is a folder on this machine. Links to files are followed, as the caches of hubs are made of them.
type folder string

func (f folder) walk(ctx context.Context, visit func(string, int64, io.Reader) error) error {
	count := 0
	return filepath.WalkDir(string(f), func(name string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && name != string(f)
		switch {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden:
			return nil
		}
		if count++; count > bundleFiles {
			return engine.Errorf(engine.CodeTooLarge, "%s holds more than %d files", string(f), bundleFiles)
		}
		return f.visit(name, visit)
	})
}

func (f folder) visit(name string, visit func(string, int64, io.Reader) error) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil // a link to nowhere, a pipe, a socket: no file of a model
	}
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(string(f), name)
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return visit(filepath.ToSlash(relative), info.Size(), file)
}

// tarFile is a tar, gzipped or not.
type tarFile struct {
	name   string
	zipped bool
	limit  int64
}

func (f tarFile) walk(ctx context.Context, visit func(string, int64, io.Reader) error) error {
	file, err := os.Open(f.name)
	if err != nil {
		return err
	}
	defer file.Close()
	var from io.Reader = bufio.NewReaderSize(file, 1<<20)
	if f.zipped {
		unzipped, err := gzip.NewReader(from)
		if err != nil {
			return unreadable(f.name, err)
		}
		// Headers count too: a chain of them can unpack to any size without a file among them.
		from = &io.LimitedReader{R: unzipped, N: f.limit + f.limit/8}
	}
	archive, t := tar.NewReader(from), tally{limit: f.limit}
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return unreadable(f.name, err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return notAFile(header.Name, header.FileInfo().Mode())
		}
		path := strings.TrimPrefix(header.Name, "./")
		if err := t.add(path, header.Size); err != nil {
			return err
		}
		if err := visit(path, header.Size, archive); err != nil {
			return err
		}
	}
}

func notAFile(name string, mode fs.FileMode) error {
	return engine.Errorf(engine.CodeInvalid, "it holds %q, which is no plain file but %s", name, mode).
		WithHint("pack it again with links replaced by their files, as tar --dereference does")
}

func unreadable(name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &engine.Error{Code: engine.CodeDamaged, Detail: name + " cannot be read", Err: err}
}

// zipFile is a zip.
type zipFile struct {
	name  string
	limit int64
}

func (f zipFile) walk(ctx context.Context, visit func(string, int64, io.Reader) error) error {
	archive, err := zip.OpenReader(f.name)
	if err != nil {
		return unreadable(f.name, err)
	}
	defer archive.Close()
	t := tally{limit: f.limit}
	for _, entry := range archive.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		if entry.Mode().IsDir() {
			continue
		}
		if !entry.Mode().IsRegular() {
			return notAFile(entry.Name, entry.Mode())
		}
		if entry.UncompressedSize64 > 1<<62 {
			return engine.Errorf(engine.CodeTooLarge, "it holds %q with %d bytes", entry.Name, entry.UncompressedSize64)
		}
		if err := t.add(strings.TrimPrefix(entry.Name, "./"), int64(entry.UncompressedSize64)); err != nil {
			return err
		}
		if err := f.visit(entry, visit); err != nil {
			return err
		}
	}
	return nil
}

func (f zipFile) visit(entry *zip.File, visit func(string, int64, io.Reader) error) error {
	r, err := entry.Open()
	if err != nil {
		return unreadable(f.name, fmt.Errorf("%s: %w", entry.Name, err))
	}
	defer r.Close()
	return visit(strings.TrimPrefix(entry.Name, "./"), int64(entry.UncompressedSize64), r)
}
