package source

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxPicture bounds what is read of one picture into memory; the server has its own, lower limit.
const maxPicture = 256 << 20

// pictures is where the pictures of a table are.
type pictures struct {
	folder   string
	archive  string // a .tar or .tar.gz; "" when they are in the folder
	expected bool   // somebody said that there are pictures, so it is worth telling when one is not there
}

// openPictures takes what the caller named, or the table's own folder.
func openPictures(named, beside string) (pictures, error) {
	if named == "" {
		return pictures{folder: beside}, nil
	}
	info, err := os.Stat(named)
	if err != nil {
		return pictures{}, fmt.Errorf("pictures: %w", err)
	}
	if info.IsDir() {
		return pictures{folder: named, expected: true}, nil
	}
	lower := strings.ToLower(named)
	if strings.HasSuffix(lower, ".tar") || strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tgz") {
		return pictures{archive: named, expected: true}, nil
	}
	return pictures{}, fmt.Errorf("pictures: %s is neither a folder nor a .tar or .tar.gz file", named)
}

type rowsFunc func(yield func(row Row, picture string) bool) error

// join streams the rows with their pictures.
func (p pictures) join(ctx context.Context, rows rowsFunc, yield func(Row) bool) error {
	if p.archive != "" {
		return p.joinArchive(ctx, rows, yield)
	}
	root, err := os.OpenRoot(p.folder) // a name in the table must not lead out of the folder
	if err != nil {
		return err
	}
	defer root.Close()
	return rows(func(row Row, name string) bool {
		switch {
		case row.Err != nil || name == "":
		case p.expected:
			data, err := readPicture(root, name)
			row.attach(name, data, err)
		default:
			row.attachIfThere(root, name)
		}
		return yield(row)
	})
}

// attach adds a picture to the row. A picture that is not there makes the row useless only when it has nothing else.
func (r *Row) attach(name string, data []byte, err error) {
	switch {
	case err == nil:
		r.show(name, data)
	case errors.Is(err, os.ErrNotExist) && len(r.Texts) > 0:
		r.Missing = err
	default:
		r.Err = err
	}
}

// show adds a picture or, by the name of its file, a clip.
func (r *Row) show(name string, data []byte) {
	if isClip(name) {
		r.Video = data
		return
	}
	r.Images = append(r.Images, data)
}

// attachIfThere adds the picture that the row's id names, if there is one. Nobody said that there is, and an id may be
// anything, so whatever keeps the name from being a picture's is no error.
func (r *Row) attachIfThere(root *os.Root, id string) {
	for _, name := range pictureNames(id) {
		if !isMedia(name) {
			continue // a file of that name, such as the table itself, is not the product's picture
		}
		if data, err := readRegular(root, filepath.FromSlash(name)); err == nil {
			r.show(name, data)
			return
		}
	}
	if len(r.Texts) == 0 {
		r.Err = errors.New("has neither a text nor a picture")
	}
}

// pictureNames are what a picture may be called: the name as it is and, when it has no extension of a picture, with each.
func pictureNames(name string) []string {
	names := []string{name}
	if !isMedia(name) {
		for _, ext := range pictureExtensions {
			names = append(names, name+ext)
		}
	}
	return names
}

// readPicture reads the first of the names of a picture that is there.
func readPicture(root *os.Root, name string) ([]byte, error) {
	var err error
	for _, candidate := range pictureNames(name) {
		var data []byte
		if data, err = readRegular(root, filepath.FromSlash(candidate)); !errors.Is(err, os.ErrNotExist) {
			return data, err
		}
	}
	return nil, err
}

// readRegular reads a file. Anything else, such as a named pipe, might never end, so it is not even opened.
func readRegular(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPicture+1))
	if err == nil && len(data) > maxPicture {
		return nil, fmt.Errorf("the picture has over %d bytes", maxPicture)
	}
	return data, err
}

// joinArchive sends each row when its picture comes by in the archive, which can only be read in its own order, and at
// the end the rows whose pictures never came.
func (p pictures) joinArchive(ctx context.Context, rows rowsFunc, yield func(Row) bool) error {
	names, err := p.namesInArchive()
	if err != nil {
		return err
	}
	waiting := map[string][]Row{} // by the name in the archive
	stopped := false
	err = rows(func(row Row, name string) bool {
		if row.Err == nil && name != "" {
			var entry string
			if entry, row.Err = names.find(name); row.Err == nil && entry != "" {
				waiting[entry] = append(waiting[entry], row)
				return true
			}
			if row.Err == nil {
				row.attach(name, nil, fmt.Errorf("%s is not in %s: %w", name, filepath.Base(p.archive), os.ErrNotExist))
			}
		}
		stopped = !yield(row)
		return !stopped
	})
	if err != nil || stopped {
		return err
	}
	return p.eachInArchive(func(name string, r io.Reader) (bool, error) {
		found := waiting[name]
		delete(waiting, name) // of two entries with one name the first counts
		if len(found) == 0 {
			return ctx.Err() == nil, nil
		}
		data, err := readBounded(r)
		for _, row := range found {
			row.attach(name, data, err)
			if !yield(row) {
				return false, nil
			}
		}
		return true, nil
	})
}

// archiveNames are the pictures of an archive by what a table may call them.
type archiveNames struct {
	exact map[string]bool
	bare  map[string][]string // name without folders and extension → names in the archive
}

func (p pictures) namesInArchive() (archiveNames, error) {
	n := archiveNames{exact: map[string]bool{}, bare: map[string][]string{}}
	return n, p.eachInArchive(func(name string, _ io.Reader) (bool, error) {
		if !n.exact[name] {
			n.exact[name] = true
			n.bare[bareName(name)] = append(n.bare[bareName(name)], name)
		}
		return true, nil
	})
}

// find returns the entry that a table means: the one of exactly that name, or else the only one whose name is the same
// but for folders and extension; "" when there is none.
func (n archiveNames) find(name string) (string, error) {
	clean := path.Clean(filepath.ToSlash(name))
	if n.exact[clean] {
		return clean, nil
	}
	switch found := n.bare[bareName(clean)]; len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("%s may be %s or %s", name, found[0], found[1])
	}
}

// bareName makes "photos/1163.jpg" and "1163" meet.
func bareName(name string) string {
	base := path.Base(name)
	if isMedia(base) {
		base = strings.TrimSuffix(base, path.Ext(base))
	}
	return base
}

// eachInArchive calls yield with every picture until it says no.
func (p pictures) eachInArchive(yield func(name string, r io.Reader) (bool, error)) error {
	f, err := os.Open(p.archive)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if !strings.HasSuffix(strings.ToLower(p.archive), ".tar") {
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("%s: %w", p.archive, err)
		}
		defer unzipped.Close()
		r = unzipped
	}
	archive := tar.NewReader(r)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.archive, err)
		}
		if head.Typeflag != tar.TypeReg || !isMedia(head.Name) {
			continue
		}
		if more, err := yield(path.Clean(head.Name), archive); err != nil || !more {
			return err
		}
	}
}
