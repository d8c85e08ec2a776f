package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"pinax/encoder/catalogue"
	"pinax/encoder/hub"
	"pinax/engine"
	"pinax/storage/durable"
)

// Store is a folder of installed models. It is safe for concurrent use, also by several processes.
type Store struct {
	dir   string
	space func(dir string) (int64, error) // bytes that are free there; errors.ErrUnsupported where no one knows
	now   func() time.Time
}

// Open returns the store in a folder, which need not exist yet.
func Open(dir string) *Store {
	return &Store{dir: dir, space: freeSpace, now: time.Now}
}

// Dir returns the folder.
func (s *Store) Dir() string { return s.dir }

// Installed is a model that can be opened.
type Installed struct {
	Name     string `json:"name"` // of its folder
	Dir      string `json:"dir"`
	Manifest        // zero in a folder that somebody put there by hand
	// Damaged says why the manifest cannot be used, which is the reason not to use the model; "": it can.
	Damaged string `json:"damaged,omitempty"`
}

// Bytes returns the size of the model's files by its manifest.
func (i Installed) Bytes() int64 {
	var n int64
	for _, f := range i.Files {
		n += f.Size
	}
	return n
}

// Names in the folder that begin with a dot are not models.
const (
	lockFile      = ".lock"
	pullPrefix    = ".pull-"    // what a pull has brought so far
	importPrefix  = ".import-"  // likewise an import, which starts anew
	removedPrefix = ".removed-" // on its way out
)

// modelName keeps names to what is a plain file name on every system and needs no quotes in a shell or in YAML.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,199}$`)

func checkName(name string) error {
	if !modelName.MatchString(name) || strings.Contains(name, "..") || !filepath.IsLocal(name) {
		return engine.Errorf(engine.CodeInvalid, "%q cannot be the name of a model", name).
			WithHint("use letters, digits, and . _ - + @ between them")
	}
	return nil
}

// List returns the installed models by name. A folder without a manifest counts if it looks like a model.
func (s *Store) List() ([]Installed, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Installed
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(s.dir, e.Name())); err != nil || !info.IsDir() {
			continue
		}
		one, err := s.read(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // a folder of something else
		}
		if err != nil {
			one.Damaged = err.Error()
		}
		all = append(all, one)
	}
	return all, nil
}

// read returns the model in a folder, or fs.ErrNotExist if there is none.
func (s *Store) read(name string) (Installed, error) {
	one := Installed{Name: name, Dir: filepath.Join(s.dir, name)}
	m, err := readManifest(one.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Join(one.Dir, "config.json"))
		return one, err
	}
	one.Manifest = m
	return one, err
}

// Find returns the model of a name: that of its folder, or of the repository or the entry of the catalogue that it comes
// from, with "@" and its revision or the beginning of its commit if need be. No such model is CodeNotFound, several are
// CodeConflict; both tell what there is.
func (s *Store) Find(name string) (Installed, error) {
	all, err := s.List()
	if err != nil {
		return Installed{}, err
	}
	if slices.ContainsFunc(all, func(one Installed) bool { return one.Name == name }) {
		return s.read(name)
	}
	repo, revision, _ := strings.Cut(name, "@")
	known := repositoriesOf(repo)
	found := slices.DeleteFunc(slices.Clone(all), func(one Installed) bool {
		return one.Source.Repo == "" || !slices.Contains(known, one.Source.Repo) ||
			one.Source.Revision != revision && !strings.HasPrefix(one.Source.Commit, revision)
	})
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Installed{}, engine.Errorf(engine.CodeNotFound, "no model %q is installed in %s", name, s.dir).WithHint(installedHint(all))
	}
	return Installed{}, engine.Errorf(engine.CodeConflict, "several installed models go by %q", name).
		WithHint("name one of them in full: " + namesOf(found))
}

// repositoriesOf returns what a name may stand for: itself, and where the catalogue knows its files to be.
func repositoriesOf(name string) []string {
	repos := []string{name}
	if all, err := catalogue.Load(); err == nil {
		if m, ok := all.Find(name); ok && m.Repo != "" {
			repos = append(repos, m.Repo)
		}
	}
	return repos
}

func installedHint(all []Installed) string {
	if len(all) == 0 {
		return "nothing is installed yet: `pinax models list` tells what there is, `pinax models pull` installs it"
	}
	return "installed are " + namesOf(all)
}

func namesOf(all []Installed) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return strings.Join(names, ", ")
}

// lock makes this the only process that changes the store. Readers do not ask for it.
func (s *Store) lock() (unlock func(), err error) {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(s.dir, lockFile))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.dir, err)
	}
	if !ok {
		return nil, engine.Errorf(engine.CodeBusy, "somebody else is changing the models in %s", s.dir).
			WithHint("wait until that pull or import has ended")
	}
	return func() { _ = l.Unlock() }, nil
}

// abandonedAfter is how long an interrupted pull may wait to be gone on with.
const abandonedAfter = 7 * 24 * time.Hour

// sweep removes what processes that were killed left behind. The lock is held, so nobody is at work on it. A pull other
// than the one that is wanted now stays for a while, unless it is of another version of the same repository.
func (s *Store) sweep(wanted string) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	repo, _, _ := strings.Cut(wanted, "@")
	for _, e := range entries {
		name := e.Name()
		pulled, isPull := strings.CutPrefix(name, pullPrefix)
		gone := strings.HasPrefix(name, importPrefix) || strings.HasPrefix(name, removedPrefix)
		if isPull && pulled != wanted {
			info, err := e.Info()
			old := err == nil && s.now().Sub(info.ModTime()) > abandonedAfter
			gone = old || wanted != "" && strings.HasPrefix(pulled, repo+"@")
		}
		if gone {
			if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unfinished returns the names of pulls that were interrupted and can be gone on with.
func (s *Store) Unfinished() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), pullPrefix); ok {
			names = append(names, name)
		}
	}
	return names, err
}

// Remove takes a model away. A server that has it open goes on with it; one that names it does not start any more, which is
// for the caller to think of. The space is free when it returns.
func (s *Store) Remove(one Installed) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.sweep(""); err != nil {
		return err
	}
	if err := checkName(one.Name); err != nil {
		return err
	}
	away := filepath.Join(s.dir, removedPrefix+one.Name)
	if err := os.Rename(filepath.Join(s.dir, one.Name), away); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(away), durable.SyncDir(s.dir))
}

// folderName names a model by where it comes from: "owner--name@0123456789ab", and its precision unless that is f32.
func folderName(snapshot hub.Snapshot, p Precision) string {
	name := strings.ReplaceAll(snapshot.Repo, "/", "--") + "@" + snapshot.Commit[:12]
	if p != F32 {
		name += "-" + string(p)
	}
	return name
}
