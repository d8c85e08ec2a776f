package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pinax/engine"
)

// Difference is a file that is not as the manifest says.
type Difference struct {
	Path string `json:"path"`
	What string `json:"what"` // Missing, Changed or Added
	Why  string `json:"why"`
}

// What may be different.
const (
	Missing = "missing"
	Changed = "changed"
	Added   = "added"
)

// Verify hashes all files of a model again and returns those that differ from its manifest, by path. progress is told of
// bytes as they are read. A model without a manifest is CodeUnprocessable.
func (s *Store) Verify(ctx context.Context, one Installed, progress func(bytes int64)) ([]Difference, error) {
	if one.Version == 0 {
		return nil, engine.Errorf(engine.CodeUnprocessable, "%s was put there by hand and has no manifest to compare with", one.Name).
			WithHint("move it elsewhere and `pinax models import` it")
	}
	differences, known := []Difference{}, map[string]bool{ManifestFile: true}
	for _, f := range one.Files {
		known[f.Path] = true
		why, err := compare(ctx, filepath.Join(one.Dir, filepath.FromSlash(f.Path)), f, progress)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			differences = append(differences, Difference{f.Path, Missing, "there is no such file"})
		case err != nil:
			return nil, err
		case why != "":
			differences = append(differences, Difference{f.Path, Changed, why})
		}
	}
	err := filepath.WalkDir(one.Dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(one.Dir, name)
		if path := filepath.ToSlash(relative); !known[path] {
			differences = append(differences, Difference{path, Added, "the manifest does not know it"})
		}
		return err
	})
	slices.SortFunc(differences, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return differences, err
}

// compare returns why a file is not what it should be, "" if it is.
func compare(ctx context.Context, name string, want File, progress func(int64)) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() != want.Size {
		return fmt.Sprintf("it has %d bytes instead of %d", info.Size(), want.Size), nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, &meter{untilDone{ctx, f}, progress}); err != nil {
		return "", err
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != want.SHA256 {
		return fmt.Sprintf("its SHA-256 is %s instead of %s", found, want.SHA256), nil
	}
	return "", nil
}

// untilDone ends a read with a context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
