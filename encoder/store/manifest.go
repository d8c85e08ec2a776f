package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"pinax/encoder/hub"
	"pinax/engine"
)

// ManifestFile lies in the folder of every installed model.
const ManifestFile = "pinax-manifest.json"

// manifestVersion is that of docs/format/models.md.
const manifestVersion = 1

// Manifest says where a model came from and what its files are.
type Manifest struct {
	Version   int       `json:"version"`
	Source    Source    `json:"source"`
	Precision Precision `json:"precision"`
	Licence   string    `json:"licence,omitempty"`   // as its source says
	Languages []string  `json:"languages,omitempty"` // likewise
	Installed time.Time `json:"installed"`
	Files     []File    `json:"files"`
}

// Source is where a model came from: a repository of a hub, or a folder or archive that was imported.
type Source struct {
	Endpoint string `json:"endpoint,omitempty"`
	Repo     string `json:"repo,omitempty"`
	Revision string `json:"revision,omitempty"` // that was asked for
	Commit   string `json:"commit,omitempty"`   // that it was at
	Import   string `json:"import,omitempty"`   // name of the folder or archive
}

// String is how a source is shown.
func (s Source) String() string {
	if s.Repo == "" {
		return "import of " + s.Import
	}
	return hub.Ref{Repo: s.Repo, Revision: s.Revision}.String()
}

// File is a file of an installed model.
type File struct {
	Path   string `json:"path"` // slash-separated
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// manifestBytes is more than a manifest of the most files that a model may have.
const manifestBytes = 16 << 20

// readManifest returns the manifest of a folder, CodeDamaged if it cannot be used, or fs.ErrNotExist.
func readManifest(dir string) (Manifest, error) {
	f, err := os.Open(filepath.Join(dir, ManifestFile))
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	m, err := parseManifest(f)
	if err != nil {
		return m, &engine.Error{Code: engine.CodeDamaged, Detail: "the manifest in " + dir + " cannot be used", Err: err,
			Hint: "remove that folder and install the model again"}
	}
	return m, nil
}

func parseManifest(r io.Reader) (Manifest, error) {
	var m Manifest
	if err := json.NewDecoder(io.LimitReader(r, manifestBytes)).Decode(&m); err != nil {
		return m, err
	}
	if m.Version != manifestVersion {
		return m, fmt.Errorf("its version is %d, and this Pinax reads %d", m.Version, manifestVersion)
	}
	for _, text := range append([]string{m.Source.Endpoint, m.Source.Repo, m.Source.Revision, m.Source.Commit, m.Source.Import,
		string(m.Precision), m.Licence}, m.Languages...) {
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return m, fmt.Errorf("it holds %q", text) // which may reach a terminal
		}
	}
	for _, f := range m.Files {
		if !hub.PathIsSafe(f.Path) || f.Size < 0 {
			return m, fmt.Errorf("it lists %q with %d bytes", f.Path, f.Size)
		}
	}
	return m, nil
}

// writeFile writes a file and syncs it.
func writeFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
