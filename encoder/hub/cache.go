package hub

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pinax/engine"
)

// The reference client keeps a repository in models--owner--name: refs/<revision> holds a commit, blobs/<hash> the contents,
// and snapshots/<commit> the files as links to those, or as files of their own where there are no links.

func (c *Client) cacheFolder(repo string) string {
	return filepath.Join(c.options.Cache, "models--"+strings.ReplaceAll(repo, "/", "--"))
}

// cachedSnapshot describes a repository by what the cache holds of it, which may be only some of its files.
func (c *Client) cachedSnapshot(ref Ref) (Snapshot, error) {
	missing := engine.Errorf(engine.CodeUnavailable, "offline, and the cache in %q does not hold %s", c.options.Cache, ref).WithHint(offlineHint)
	if c.options.Cache == "" {
		return Snapshot{}, offline()
	}
	folder := c.cacheFolder(ref.Repo)
	commit := ref.revision()
	if !commitName.MatchString(commit) {
		text, err := os.ReadFile(filepath.Join(folder, "refs", filepath.FromSlash(commit)))
		if err != nil {
			return Snapshot{}, missing
		}
		commit = strings.TrimSpace(string(text))
	}
	if !commitName.MatchString(commit) {
		return Snapshot{}, missing
	}
	s := Snapshot{Ref: ref, Commit: commit}
	root := filepath.Join(folder, "snapshots", commit)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f := File{Path: filepath.ToSlash(relative)}
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || !PathIsSafe(f.Path) {
			return nil //nolint:nilerr // a link to what was cleaned away: the cache does not have the file
		}
		f.Size = info.Size()
		if target, err := os.Readlink(name); err == nil {
			f.Digest = etagDigest(filepath.Base(target))
		}
		s.Files = append(s.Files, f)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, missing
	}
	return s, err
}

// fromCache copies a file out of the cache. Whatever is wrong with that, the hub can be asked instead.
func (c *Client) fromCache(s Snapshot, f File, name string, progress Progress) (sum string, ok bool) {
	if c.options.Cache == "" {
		return "", false
	}
	from := filepath.Join(c.cacheFolder(s.Repo), "blobs", f.Digest.Hex)
	if f.Digest == (Digest{}) {
		from = filepath.Join(c.cacheFolder(s.Repo), "snapshots", s.Commit, filepath.FromSlash(f.Path))
	}
	if info, err := os.Stat(from); err != nil || !info.Mode().IsRegular() || info.Size() != f.Size {
		return "", false
	}
	part := name + PartSuffix
	sum, err := copyChecked(from, part, f)
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		os.Remove(part)
		return "", false
	}
	progress(f.Size)
	return sum, true
}

func copyChecked(from, to string, f File) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return "", err
	}
	return checkFile(to, f)
}
