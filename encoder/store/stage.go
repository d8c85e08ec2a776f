package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/goccy/go-yaml"

	"pinax/engine"
	"pinax/storage/durable"
)

// cardFile is what encoder reads beside the files of hubs.
const cardFile = "pinax.yaml"

// stage is a folder that becomes a model.
type stage struct {
	store *Store
	dir   string // now
	name  string // of the model
}

// placed is os.DirFS that tells where it is, which whoever loads very large models has to know.
type placed string

func (p placed) Open(name string) (fs.File, error) { return os.DirFS(string(p)).Open(name) }
func (p placed) Path() string                      { return string(p) }

// Check tells whether a folder opens as an encoder.
type Check func(fs.FS) error

// finish writes card and manifest, checks the folder and puts it in its place. Failing, it leaves the stage as it is.
func (g stage) finish(m Manifest, title string, check Check) (Installed, error) {
	m.Version, m.Installed = manifestVersion, g.store.now().UTC()
	if err := g.writeCard(&m, title); err != nil {
		return Installed{}, err
	}
	if check != nil {
		if err := check(placed(g.dir)); err != nil {
			return Installed{}, err
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Installed{}, err
	}
	if err := writeFile(filepath.Join(g.dir, ManifestFile), text); err != nil {
		return Installed{}, err
	}
	if err := syncTree(g.dir); err != nil {
		return Installed{}, err
	}
	place := filepath.Join(g.store.dir, g.name)
	if err := os.Rename(g.dir, place); err != nil {
		return Installed{}, err
	}
	return Installed{Name: g.name, Dir: place, Manifest: m}, durable.SyncDir(g.store.dir)
}

// card is the part of pinax.yaml that a source knows; encoder checks the hashes on each opening.
type card struct {
	Name      string            `yaml:"name"`
	Languages []string          `yaml:"languages,omitempty"`
	Licence   string            `yaml:"licence,omitempty"`
	Checksums map[string]string `yaml:"checksums"`
}

// writeCard adds a pinax.yaml to a model that comes without.
func (g stage) writeCard(m *Manifest, title string) error {
	c := card{Name: title, Languages: m.Languages, Licence: m.Licence, Checksums: map[string]string{}}
	for _, f := range m.Files {
		if f.Path == cardFile {
			return nil
		}
		c.Checksums[f.Path] = f.SHA256
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	text = append([]byte("# Written when the model was installed; "+ManifestFile+" says from where.\n"), text...)
	if err := writeFile(filepath.Join(g.dir, cardFile), text); err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	m.Files = append(m.Files, File{Path: cardFile, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])})
	return nil
}

// write copies at most size bytes to a file of the stage, and fails if there are more or fewer.
func (g stage) write(file string, size int64, from io.Reader) (File, error) {
	name := filepath.Join(g.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return File{}, err
	}
	to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(from, size+1))
	if err == nil && n != size {
		err = engine.Errorf(engine.CodeDamaged, "%s should have %d bytes and has not", file, size)
	}
	if err = errors.Join(err, to.Sync(), to.Close()); errors.Is(err, syscall.ENOSPC) {
		err = &engine.Error{Code: engine.CodeStorageFull, Detail: "the disk is full", Err: err}
	}
	return File{Path: file, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// syncTree makes names below a folder survive a power loss; the files themselves are synced when they are written.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return durable.SyncDir(name)
	})
}

// sanitised makes a model's name of a file's.
func sanitised(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && modelName.MatchString("x"+string(r)) {
			return r
		}
		return '-'
	}, name)
	return strings.TrimLeft(name, ".-_@+")
}
