package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pinax/encoder/hub"
	"pinax/engine"
)

// Import installs a model from a folder or an archive (tar, gzipped tar or zip) on this machine. The model may lie in a
// folder within; the one with config.json that is least deep is taken. A manifest that comes with it, as in the folder of
// another store, vouches for its files and says where it came from.
func (s *Store) Import(ctx context.Context, from string, o Options) (Installed, error) {
	o = o.withDefaults()
	from, err := filepath.Abs(from)
	if err != nil {
		return Installed{}, err
	}
	unlock, err := s.lock()
	if err != nil {
		return Installed{}, err
	}
	defer unlock()
	name := o.Name
	if name == "" {
		name = sanitised(withoutExtension(filepath.Base(from)))
	}
	if err := checkName(name); err != nil {
		return Installed{}, err
	}
	if err := s.sweep(""); err != nil {
		return Installed{}, err
	}
	if place := filepath.Join(s.dir, name); exists(place) {
		return Installed{}, taken(place)
	}
	b, err := openBundle(from)
	if err != nil {
		return Installed{}, err
	}
	g := stage{s, filepath.Join(s.dir, importPrefix+name), name}
	one, leftWeights, err := g.importBundle(ctx, b, filepath.Base(from), o)
	if err != nil && leftWeights && ctx.Err() == nil {
		// Perhaps the graphs end before the projection. Whoever has the weights here pays only for copying them.
		o.Weights = true
		if err = os.RemoveAll(g.dir); err == nil {
			one, _, err = g.importBundle(ctx, b, filepath.Base(from), o)
		}
	}
	if err != nil {
		return one, errors.Join(err, os.RemoveAll(g.dir))
	}
	return one, nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func withoutExtension(name string) string {
	for _, e := range []string{".tar.gz", ".tgz", ".tar", ".zip"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(name), e); ok {
			return name[:len(rest)]
		}
	}
	return name
}

// importBundle installs what it finds in a bundle. leftWeights tells of a model that was refused and has left weights behind.
func (g stage) importBundle(ctx context.Context, b bundle, source string, o Options) (one Installed, leftWeights bool, err error) {
	found, err := survey(ctx, b)
	if err != nil {
		return one, false, err
	}
	choice, err := Choose(found.files, o.Wanted)
	if err != nil {
		return one, false, err
	}
	m, err := g.copyFrom(ctx, b, found, choice, o)
	if err != nil {
		return one, false, err
	}
	if m.Source == (Source{}) {
		m.Source.Import = source
	}
	one, err = g.finish(m, g.name, o.Check)
	return one, !o.Weights && hasWeights(found.files), err
}

// copyFrom brings the chosen files of a bundle to the stage, and returns the manifest that came with them with what they are.
func (g stage) copyFrom(ctx context.Context, b bundle, found contents, choice Choice, o Options) (Manifest, error) {
	wanted, total := map[string]int64{}, int64(0)
	for _, f := range choice.Files {
		wanted[f.Path], total = f.Size, total+f.Size
	}
	if err := g.store.room(total); err != nil {
		return Manifest{}, err
	}
	o.Chosen(choice, total)
	m := found.manifest
	vouched := m.Files
	m.Precision, m.Files = choice.Precision, nil
	err := b.walk(ctx, func(file string, size int64, r io.Reader) error {
		file, inside := found.inside(file)
		if want, ok := wanted[file]; !inside || !ok || want != size {
			return nil
		}
		if slices.ContainsFunc(m.Files, func(f File) bool { return f.Path == file }) {
			return engine.Errorf(engine.CodeInvalid, "it holds %q twice", file)
		}
		written, err := g.write(file, size, &meter{r, o.Progress})
		m.Files = append(m.Files, written)
		return err
	})
	if err == nil && len(m.Files) != len(wanted) {
		err = errors.New("it changed while it was read")
	}
	if err == nil {
		err = sameFiles(vouched, m.Files)
	}
	return m, err
}

// sameFiles compares files with what a manifest that came with them says of those that it knows.
func sameFiles(vouched, found []File) error {
	known := map[string]File{}
	for _, f := range vouched {
		known[f.Path] = f
	}
	for _, f := range found {
		if want, ok := known[f.Path]; ok && want != f {
			return engine.Errorf(engine.CodeDamaged, "%s is not what the %s beside it says", f.Path, ManifestFile).
				WithHint("copy the model again")
		}
	}
	return nil
}

// contents is what a bundle holds of a model.
type contents struct {
	root     string // folder within the bundle; ".": none
	files    []hub.File
	manifest Manifest // zero: it comes without
}

// survey looks through a bundle for a model.
func survey(ctx context.Context, b bundle) (contents, error) {
	var all []hub.File
	manifests := map[string]Manifest{}
	err := b.walk(ctx, func(file string, size int64, r io.Reader) error {
		all = append(all, hub.File{Path: file, Size: size})
		if path.Base(file) != ManifestFile {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(r, manifestBytes))
		if err != nil {
			return err
		}
		m, err := parseManifest(bytes.NewReader(text))
		if err != nil {
			return &engine.Error{Code: engine.CodeDamaged, Detail: "its " + ManifestFile + " cannot be used", Err: err}
		}
		manifests[path.Dir(file)] = m
		return nil
	})
	if err != nil {
		return contents{}, err
	}
	c := contents{}
	depth := -1
	for _, f := range all {
		if base := path.Base(f.Path); base != "config.json" && base != "open_clip_config.json" {
			continue
		}
		root := path.Dir(f.Path)
		d := strings.Count(f.Path, "/")
		switch {
		case depth < 0 || d < depth:
			c.root, depth = root, d
		case d == depth && root != c.root:
			return c, engine.Errorf(engine.CodeInvalid, "there are models in %q and %q", c.root, root).WithHint("import one folder at a time")
		}
	}
	if depth < 0 {
		return c, engine.Errorf(engine.CodeUnprocessable, "there is no config.json, so this is no model folder")
	}
	for _, f := range all {
		if within, ok := c.inside(f.Path); ok {
			f.Path = within
			c.files = append(c.files, f)
		}
	}
	c.manifest = manifests[c.root]
	return c, nil
}

// inside returns a path of the bundle as one of the model.
func (c contents) inside(file string) (string, bool) {
	if c.root == "." {
		return file, true
	}
	return strings.CutPrefix(file, c.root+"/")
}

// meter tells of bytes as they are read.
type meter struct {
	r        io.Reader
	progress hub.Progress
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.progress(int64(n))
	return n, err
}
