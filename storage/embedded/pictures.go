package embedded

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"pinax/engine"
)

// tmpSuffix marks a picture that is being written. Found after a crash, it is removed.
const tmpSuffix = ".tmp"

// digest is the SHA-256 of a picture.
type digest [sha256.Size]byte

// parseDigest reads 64 lower-case hexadecimal digits. Nothing else may become part of a path.
func parseDigest(s string) (digest, bool) {
	var d digest
	if len(s) != hex.EncodedLen(len(d)) || strings.ToLower(s) != s {
		return d, false
	}
	n, err := hex.Decode(d[:], []byte(s))
	return d, err == nil && n == len(d)
}

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// pictures is the folder of the larger pictures, each under its hash: ab/abcdef….
//
// A picture belongs to the records that name it (counted in the database) and to the writes on their way there (pinned
// here). It is removed when neither is left. The two are looked at under one lock, and a reference can only appear under
// a pin, so a picture cannot vanish between a write's look at the folder and its commit.
type pictures struct {
	dir        string
	files      FileSystem
	referenced func(digest) (bool, error) // in the database

	mu     sync.Mutex
	pinned map[digest]*pin
	synced [256]bool // folders whose names are durable as far as they came from before this process
}

// pin stands for the writes under way that name one picture.
type pin struct {
	writes  int
	suspect bool // may have lost its last reference, or never got one: look when the last write is done

	writing sync.Mutex // held by the one write that stores the file
	stored  bool       // the file is there and durable
}

func openPictures(dir string, files FileSystem, referenced func(digest) (bool, error)) (*pictures, error) {
	p := &pictures{dir: dir, files: files, referenced: referenced, pinned: make(map[digest]*pin)}
	if err := files.MakeDir(dir); err != nil {
		return nil, fmt.Errorf("make the picture folder: %w", err)
	}
	for i := range 256 {
		if err := files.MakeDir(p.folder(byte(i))); err != nil {
			return nil, fmt.Errorf("make the picture folder: %w", err)
		}
	}
	if err := files.SyncDir(dir); err != nil {
		return nil, fmt.Errorf("sync the picture folder: %w", err)
	}
	return p, nil
}

func (p *pictures) folder(first byte) string { return pictureFolder(p.dir, first) }

func pictureFolder(dir string, first byte) string {
	return filepath.Join(dir, hex.EncodeToString([]byte{first}))
}

func (p *pictures) path(d digest) string { return filepath.Join(p.folder(d[0]), d.String()) }

// open returns a stored picture, or CodeNotFound.
func (p *pictures) open(d digest) (io.ReadSeekCloser, error) {
	f, err := p.files.Open(p.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, engine.Errorf(engine.CodeNotFound, "no picture has the hash %s", d)
	}
	if err != nil {
		return nil, classify("reading a picture", err)
	}
	return f, nil
}

// acquire pins a picture and sees to it that it is stored durably, writing data if it is not there yet. Data may be nil
// for a picture that must be stored already; when it is not, CodeInvalid comes back. Every acquire, failed or not, is
// followed by one release. It tells whether it wrote the file.
func (p *pictures) acquire(d digest, data []byte) (wrote bool, err error) {
	pin := p.pin(d)
	pin.writing.Lock()
	defer pin.writing.Unlock()
	if pin.stored {
		return false, nil
	}
	exists, err := p.files.Exists(p.path(d))
	switch {
	case err != nil:
		return false, classify("looking for a picture", err)
	case exists:
		err = p.syncOnce(d[0])
	case data == nil:
		return false, errNoPicture(d)
	default:
		wrote, err = true, p.write(d, data)
	}
	if err != nil {
		return false, classify("writing a picture", err)
	}
	pin.stored = true
	return wrote, nil
}

func (p *pictures) pin(d digest) *pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pinned[d] == nil {
		p.pinned[d] = new(pin)
	}
	p.pinned[d].writes++
	return p.pinned[d]
}

// write stores a picture so that either the whole file is there after a power failure, or none of that name.
func (p *pictures) write(d digest, data []byte) error {
	tmp := p.path(d) + "." + rand.Text()[:8] + tmpSuffix
	if err := p.writeSynced(tmp, data); err != nil {
		return errors.Join(err, p.files.Remove(tmp))
	}
	if err := p.files.Rename(tmp, p.path(d)); err != nil {
		return errors.Join(err, p.files.Remove(tmp))
	}
	if err := p.files.SyncDir(p.folder(d[0])); err != nil {
		p.mu.Lock()
		p.synced[d[0]] = false
		p.mu.Unlock()
		return errors.Join(err, p.files.Remove(p.path(d)))
	}
	return nil
}

func (p *pictures) writeSynced(path string, data []byte) error {
	f, err := p.files.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// probe finds out whether pictures can be written.
func (p *pictures) probe() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := filepath.Join(p.dir, "probe"+tmpSuffix)
	if err := p.files.Remove(path); err != nil {
		return err
	}
	return errors.Join(p.writeSynced(path, make([]byte, 64<<10)), p.files.Remove(path))
}

// syncOnce makes the names of a folder durable before a file is relied on that an earlier process, or a write that
// failed half-way, may have left there without.
func (p *pictures) syncOnce(first byte) error {
	p.mu.Lock()
	done := p.synced[first]
	p.mu.Unlock()
	if done {
		return nil
	}
	if err := p.files.SyncDir(p.folder(first)); err != nil {
		return err
	}
	p.mu.Lock()
	p.synced[first] = true
	p.mu.Unlock()
	return nil
}

// release ends an acquire. suspect says that the write did not store its record, so that the picture may be an orphan.
func (p *pictures) release(d digest, suspect bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pin := p.pinned[d]
	pin.suspect = pin.suspect || suspect
	if pin.writes--; pin.writes > 0 {
		return nil
	}
	delete(p.pinned, d)
	if !pin.suspect {
		return nil
	}
	return p.removeUnreferenced(d)
}

// collect removes a picture that has lost a reference, unless it has others; if a write has pinned it, its release will
// look again.
func (p *pictures) collect(d digest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pin := p.pinned[d]; pin != nil {
		pin.suspect = true
		return nil
	}
	return p.removeUnreferenced(d)
}

// removeUnreferenced is called with the lock held. The folder is not synced: a name that comes back after a power
// failure is an orphan like any other.
func (p *pictures) removeUnreferenced(d digest) error {
	if used, err := p.referenced(d); used || err != nil {
		return err
	}
	return p.files.Remove(p.path(d))
}

// sweep removes what a crash can leave in one folder: half-written files, and pictures whose record was never committed.
// It returns how many files it removed.
func (p *pictures) sweep(first byte) (removed int, err error) {
	names, err := p.files.Names(p.folder(first))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, name := range names {
		gone, err := p.sweepFile(first, name)
		if gone {
			removed++
		}
		errs = append(errs, err)
	}
	return removed, errors.Join(errs...)
}

func (p *pictures) sweepFile(first byte, name string) (gone bool, err error) {
	hash, _, _ := strings.Cut(name, ".")
	d, ok := parseDigest(hash)
	if !ok || d[0] != first {
		return false, nil // not ours
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pinned[d] != nil {
		return false, nil
	}
	if strings.HasSuffix(name, tmpSuffix) {
		return true, p.files.Remove(filepath.Join(p.folder(first), name))
	}
	if used, err := p.referenced(d); used || err != nil {
		return false, err
	}
	return true, p.files.Remove(p.path(d))
}
