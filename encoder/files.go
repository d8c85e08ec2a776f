package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pinax/encoder/graph"
	"pinax/engine"
)

// Dir is a model folder on disk, as os.DirFS, that tells where it is. Open needs that for graphs whose weights take over
// 2 GiB: the library has to read them from disk itself.
type Dir string

// onDisk is a folder like Dir.
type onDisk interface {
	fs.FS
	Path() string
}

// Path is where the folder is.
func (d Dir) Path() string { return string(d) }

// Open implements fs.FS.
func (d Dir) Open(name string) (fs.File, error) { return os.DirFS(string(d)).Open(name) }

// reader reads the files of a folder and remembers their hashes. It is an fs.FS for those that read files on their own.
type reader struct {
	fsys     fs.FS
	promised map[string]string // path → SHA-256 in hexadecimal, of files that must have it
	hashes   []string          // "<SHA-256 in hexadecimal>  <path>\n", as sha256sum prints them
	seen     map[string]bool   // files that are among hashes
	others   []string          // files that are promised nothing
}

func newReader(fsys fs.FS, promised map[string]string) *reader {
	return &reader{fsys: fsys, promised: promised, seen: map[string]bool{}}
}

// Open implements fs.FS for questions about what there is. What is read through it is not remembered.
func (r *reader) Open(name string) (fs.File, error) { return r.fsys.Open(name) }

// ReadFile implements fs.ReadFileFS.
func (r *reader) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return nil, err
	}
	return data, r.remember(name, sha256.Sum256(data))
}

// remember notes the hash of a file, and compares it with the one that the card promises.
func (r *reader) remember(name string, sum [sha256.Size]byte) error {
	if r.seen[name] {
		return nil
	}
	r.seen[name] = true
	hash := hex.EncodeToString(sum[:])
	switch want, ok := r.promised[name]; {
	case !ok:
		r.others = append(r.others, name)
	case !strings.EqualFold(want, hash):
		return damaged("the model file %s has the SHA-256 %s, and %s says %s", name, hash, cardFile, want)
	}
	r.hashes = append(r.hashes, hash+"  "+name+"\n")
	return nil
}

// read reads a file that must be there.
func (r *reader) read(name string) ([]byte, error) {
	data, err := r.ReadFile(name)
	return data, fileError(name, err)
}

// fileError says what a failed read means for the folder.
func fileError(name string, err error) error {
	var known *engine.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return damaged("the model file %s is missing", name)
	case errors.As(err, &known):
		return err
	}
	return damaged("the model file %s cannot be read: %w", name, err)
}

// fileErrorOr is fileError for reads by others, whose own errors say why a file cannot be used.
func fileErrorOr(name string, err error) error {
	var known *engine.Error
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &known) {
		return fileError(name, err)
	}
	return unusable(name, err)
}

// hash remembers a file of any size without keeping it.
func (r *reader) hash(name string) error {
	file, err := r.fsys.Open(name)
	if err != nil {
		return fileError(name, err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return fileError(name, err)
	}
	return r.remember(name, [sha256.Size]byte(h.Sum(nil)))
}

// verify hashes a file of which only parts are used, if the card promises its hash: it may have gigabytes of other weights.
func (r *reader) verify(name string) error {
	if _, ok := r.promised[name]; !ok {
		return nil
	}
	return r.hash(name)
}

// use adds what a layer outside of the graphs does to vectors.
func (r *reader) use(p *projection) *projection {
	if p == nil {
		return nil
	}
	if _, ok := r.promised[p.source]; !ok && !slices.Contains(r.others, p.source) {
		r.others = append(r.others, p.source)
	}
	r.hashes = append(r.hashes, p.hashes...)
	return p
}

func (r *reader) parse(name string, parse func([]byte) error) error {
	data, err := r.read(name)
	if err != nil {
		return err
	}
	if err := parse(data); err != nil {
		return unusable(name, err)
	}
	return nil
}

// parseAny is parse for the first of the files that is there. Which one that was is "" when none is.
func (r *reader) parseAny(parse func([]byte) error, names ...string) (name string, err error) {
	for _, name := range names {
		if r.has(name) {
			return name, r.parse(name, parse)
		}
	}
	return "", nil
}

func (r *reader) has(name string) bool {
	info, err := fs.Stat(r.fsys, name)
	return err == nil && info.Mode().IsRegular()
}

func unusable(name string, err error) error {
	return damaged("the model file %s cannot be used: %w", name, err)
}

// onnxFile is the graph of one tower, ready to be loaded.
type onnxFile struct {
	path      string
	precision Precision
	data      []byte
	disk      string // the file on disk, to be loaded instead of data when that would be too large
	embedding string // the output that has an embedding's name, "" when none has
	pooling   pooling
	project   *projection // for outputs that are no embedding yet, or nil
}

// tower makes the graph of a tower from the contents of its file. Of a file with both towers only what leads to its
// embedding is kept, so that no run computes the other one and no session holds its weights.
func (r *reader) tower(v variant, data []byte, embeddings []string) (onnxFile, error) {
	file := onnxFile{path: v.path, precision: v.precision, data: data}
	g, err := graph.Parse(data)
	if err != nil {
		return file, unusable(v.path, err)
	}
	file.embedding = firstOf(embeddings, g.Outputs)
	if v.role == bothRoles {
		if file.embedding == "" {
			return file, unusable(v.path, fmt.Errorf("none of its outputs is one of %s: it has %s",
				strings.Join(embeddings, ", "), strings.Join(g.Outputs, ", ")))
		}
		if err := g.Keep(file.embedding); err != nil {
			return file, unusable(v.path, err)
		}
	}
	external, err := g.External()
	if err != nil {
		return file, unusable(v.path, err)
	}
	for _, name := range external {
		if err := r.hash(path.Join(path.Dir(v.path), name)); err != nil {
			return file, err
		}
	}
	if v.role == bothRoles || len(external) > 0 {
		err = r.encode(&file, g, v.role)
	}
	return file, err
}

// encode makes one file of a graph and its weights, or has the library read both from disk if they are too large.
func (r *reader) encode(file *onnxFile, g *graph.Graph, from role) error {
	beside, err := fs.Sub(r.fsys, path.Dir(file.path))
	if err != nil {
		return unusable(file.path, err)
	}
	data, err := g.Encode(beside)
	if dir, ok := r.fsys.(onDisk); ok && from != bothRoles && errors.Is(err, graph.ErrTooLarge) {
		file.disk, file.data = filepath.Join(dir.Path(), filepath.FromSlash(file.path)), nil
		return nil
	}
	if err != nil {
		return unusable(file.path, err)
	}
	file.data = data
	return nil
}

// firstOf returns the first of the wanted names that is among those that there are, "" when none is.
func firstOf(wanted, have []string) string {
	for _, name := range wanted {
		if slices.Contains(have, name) {
			return name
		}
	}
	return ""
}
