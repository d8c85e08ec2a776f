package embedded

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
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
// A picture belongs to the records that name it (counted in the database) and to the calls that are at it (pinned here):
// writes on their way to the database, and reads that have not opened the file yet. It is removed when neither is left.
// The two are looked at under one lock, and a reference can only appear under a pin, so a picture cannot vanish between a
// write's look at the folder and its commit, nor between a read's look at the database and the file.
type pictures struct {
	dir      string
	files    FileSystem
	standing func(digest) (standing, error) // in the database
	logger   *slog.Logger

	mu     sync.Mutex
	pinned map[digest]*pin
	synced [256]bool // folders whose names are durable as far as they came from before this process
}

// pin stands for the calls under way that name one picture.
type pin struct {
	calls   int
	suspect bool // may have lost its last reference, or never got one: look when the last call is done
	wrote   bool // the file comes from one of them

	writing sync.Mutex // held by the one write that stores the file
	stored  bool       // the file is there, whole and durable
}

func openPictures(dir string, files FileSystem, standing func(digest) (standing, error), logger *slog.Logger) (*pictures, error) {
	p := &pictures{dir: dir, files: files, standing: standing, logger: logger, pinned: make(map[digest]*pin)}
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

// open returns a picture that a record names, which the caller has pinned: read once, and found to be whole. It returns
// CodeDamaged when it is not, or not there.
func (p *pictures) open(d digest) (io.ReadSeekCloser, error) {
	f, err := p.files.Open(p.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errDamagedPicture(d, errors.New("its file is gone"))
	}
	if err != nil {
		return nil, classify("reading a picture", err)
	}
	if err := verify(f, d); err != nil {
		return nil, errors.Join(errDamagedPicture(d, err), f.Close())
	}
	return f, nil
}

// verify reads a picture and returns to its beginning. The hash stands for the size, too.
func verify(f io.ReadSeeker, d digest) error {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if found := digest(h.Sum(nil)); found != d {
		return fmt.Errorf("its bytes have the hash %s", found)
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// acquire pins a picture and sees to it that it is stored durably, writing data if it is not there yet, or not whole. Data
// may be nil for a picture that a record names already; when none does, CodeInvalid comes back. Every acquire, failed or
// not, is followed by one release. It tells whether it wrote the file.
func (p *pictures) acquire(d digest, data []byte) (wrote bool, err error) {
	pin := p.pin(d)
	pin.writing.Lock()
	defer pin.writing.Unlock()
	switch {
	case pin.stored:
		return false, nil
	case data == nil:
		return false, p.rely(d)
	}
	if wrote, err = p.store(d, data); err != nil {
		return false, classify("writing a picture", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pin.stored, pin.wrote = true, wrote
	return wrote, nil
}

// rely is for a write without the bytes of a picture. It could not mend a file that is damaged or gone, so it does not look:
// a change of price is no promise about the picture.
func (p *pictures) rely(d digest) error {
	is, err := p.standing(d)
	if err != nil {
		return err
	}
	if is != named {
		return errNoPicture(d)
	}
	return classify("writing a picture", p.syncOnce(d[0]))
}

// store writes a picture unless it is there, whole. A caller that brings the bytes is told that they are stored, so a file
// of that name is not enough; reading it costs less than writing it would.
func (p *pictures) store(d digest, data []byte) (wrote bool, err error) {
	f, err := p.files.Open(p.path(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, p.write(d, data)
	case err != nil:
		return false, err
	}
	damage := verify(f, d)
	if err := f.Close(); err != nil {
		return false, err
	}
	if damage == nil {
		return false, p.syncOnce(d[0])
	}
	p.logger.Warn("a damaged picture is replaced by the bytes that came with a write", "sha256", d, "damage", damage)
	return true, p.write(d, data)
}

// pin keeps a picture from being removed until it is released.
func (p *pictures) pin(d digest) *pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pinned[d] == nil {
		p.pinned[d] = new(pin)
	}
	p.pinned[d].calls++
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

// release ends an acquire, or a pin. failed says that a write did not store its record, so that what it wrote may be an
// orphan. A file that it only found is not its own.
func (p *pictures) release(d digest, failed bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	pin := p.pinned[d]
	pin.suspect = pin.suspect || failed && pin.wrote
	if pin.calls--; pin.calls > 0 {
		return nil
	}
	delete(p.pinned, d)
	if !pin.suspect {
		return nil
	}
	return p.removeUnnamed(d)
}

// collect removes a picture that has lost a reference, unless it has others. It tells whether that is settled: if a call
// has pinned the picture, its release will look again.
func (p *pictures) collect(d digest) (settled bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pin := p.pinned[d]; pin != nil {
		pin.suspect = true
		return false, nil
	}
	return true, p.removeUnnamed(d)
}

// removeUnnamed is called with the lock held. The folder is not synced: a name that comes back after a power failure is
// noted in the database, or is that of a write that was never acknowledged.
func (p *pictures) removeUnnamed(d digest) error {
	if is, err := p.standing(d); is == named || err != nil {
		return err
	}
	return p.files.Remove(p.path(d))
}
