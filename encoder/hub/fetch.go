package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"pinax/engine"
)

// PartSuffix ends the name of a file that is not whole yet.
const PartSuffix = ".part"

// Progress is told how many bytes more there are; fewer, when bytes had to be thrown away.
type Progress func(bytes int64)

// Fetch writes a file of a snapshot to name, whose folder exists, and returns its SHA-256 in hexadecimal. It goes on with
// what a .part file holds already, over any number of lost connections, and takes the content from the cache if it is there; a
// file that is there and right is left alone. The name appears only once the content has been checked and synced. Cancelled,
// it leaves the .part file for later.
func (c *Client) Fetch(ctx context.Context, s Snapshot, f File, name string, progress Progress) (string, error) {
	if sum, err := checkFile(name, f); err == nil {
		progress(f.Size)
		return sum, nil
	}
	part := name + PartSuffix
	resumed := fileSize(part)
	progress(min(resumed, f.Size))
	if resumed == 0 {
		if sum, ok := c.fromCache(s, f, name, progress); ok {
			return sum, nil
		}
	}
	if c.options.Offline {
		return "", offline()
	}
	sum, err := c.fill(ctx, s, f, part, progress)
	if resumed > 0 && engine.CodeOf(err) == engine.CodeDamaged {
		// What an earlier attempt left may have been at fault.
		progress(-fileSize(part))
		if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		sum, err = c.fill(ctx, s, f, part, progress)
	}
	if engine.CodeOf(err) == engine.CodeDamaged {
		os.Remove(part) // of no use to anybody
	}
	if err != nil {
		return "", err
	}
	return sum, os.Rename(part, name)
}

// fill brings a .part file to its full size and checks it.
func (c *Client) fill(ctx context.Context, s Snapshot, f File, part string, progress Progress) (string, error) {
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer file.Close()
	address, err := c.fileAddress(s, f)
	if err != nil {
		return "", err
	}
	d := download{client: c, snapshot: s, file: f, address: address, to: file, progress: progress}
	if err := c.patiently(ctx, func() (bool, error) { return d.goOn(ctx) }); err != nil {
		return "", err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return "", diskError(err)
	}
	return checkFile(part, f)
}

// fileAddress is where the content of a file is asked for. The commit, not the branch, so that it cannot change meanwhile.
func (c *Client) fileAddress(s Snapshot, f File) (*url.URL, error) {
	parts := strings.Split(f.Path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return c.address(s.Repo, "resolve", s.Commit, strings.Join(parts, "/"))
}

// download is a file on its way.
type download struct {
	client   *Client
	snapshot Snapshot
	file     File
	address  *url.URL
	to       *os.File
	progress Progress
}

// goOn asks for what is missing once, and reports whether it brought anything.
func (d *download) goOn(ctx context.Context) (brought bool, err error) {
	offset, err := d.to.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	if offset > d.file.Size {
		if offset, err = 0, d.startOver(offset); err != nil {
			return false, err
		}
	}
	if offset == d.file.Size {
		return false, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.client.stall, func() { cancel(fmt.Errorf("nothing came for %v", d.client.stall)) })
	defer watch.Stop()
	reply, err := d.client.do(ctx, http.MethodGet, d.address, offset)
	if err != nil {
		return false, err
	}
	defer reply.body.Close()
	if err := d.accept(reply, offset); err != nil {
		return false, err
	}
	return d.copy(reply.body, func() { watch.Reset(d.client.stall) })
}

// accept judges the head of an answer to a request for everything from offset on.
func (d *download) accept(r *reply, offset int64) error {
	switch r.status {
	case http.StatusOK:
		if offset > 0 { // it knows no ranges
			if err := d.startOver(offset); err != nil {
				return err
			}
			offset = 0
		}
	case http.StatusPartialContent:
		var from, to, total int64
		if n, err := fmt.Sscanf(r.header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total); n != 3 || err != nil ||
			from != offset || total != d.file.Size {
			return d.changed("the range %q", shorten(r.header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(d.changed("no byte %d", offset), d.startOver(offset))
	default:
		return r.failure(d.snapshot.Ref)
	}
	switch {
	case r.hub.commit != "" && r.hub.commit != d.snapshot.Commit:
		return d.changed("the commit %s", shorten(r.hub.commit))
	case r.hub.digest.Algorithm == AlgorithmSHA256 && d.file.Digest.Algorithm == AlgorithmSHA256 && r.hub.digest != d.file.Digest:
		// Of small files mirrors have ETags of their own making; their content is checked in any case.
		return d.changed("the hash %s", r.hub.digest.Hex)
	case r.length >= 0 && r.length != d.file.Size-offset:
		return d.changed("%d bytes", r.length)
	}
	return nil
}

// changed tells that a file is not what the listing said. The format says what it is instead.
func (d *download) changed(format string, args ...any) error {
	return engine.Errorf(engine.CodeConflict, "%s at %s is not what the hub listed: now it has %s",
		d.file.Path, d.snapshot.Commit[:12], fmt.Sprintf(format, args...)).
		WithHint("it changed meanwhile, or a mirror is behind; run the same command again")
}

// startOver throws away what there is.
func (d *download) startOver(size int64) error {
	d.progress(-min(size, d.file.Size))
	if err := d.to.Truncate(0); err != nil {
		return err
	}
	_, err := d.to.Seek(0, io.SeekStart)
	return err
}

// copy appends a body, at most to the listed size. alive is called whenever bytes come.
func (d *download) copy(body io.Reader, alive func()) (brought bool, err error) {
	at, err := d.to.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, err
	}
	buffer := make([]byte, 256<<10)
	for {
		n, readErr := body.Read(buffer)
		if int64(n) > d.file.Size-at {
			return brought, d.changed("more than %d bytes", d.file.Size)
		}
		if n > 0 {
			if _, err := d.to.Write(buffer[:n]); err != nil {
				return brought, diskError(err)
			}
			alive()
			d.progress(int64(n))
			at, brought = at+int64(n), true
		}
		switch {
		case readErr == nil:
		case !errors.Is(readErr, io.EOF):
			return brought, passing{err: fmt.Errorf("%s broke off: %w", d.file.Path, readErr)}
		case at < d.file.Size:
			return brought, passing{err: fmt.Errorf("%s broke off at byte %d of %d", d.file.Path, at, d.file.Size)}
		default:
			return brought, nil
		}
	}
}

// diskError says what is wrong with the disk.
func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &engine.Error{Code: engine.CodeStorageFull, Detail: "the disk is full", Err: err,
			Hint: "make room and run the same command again: what is there is kept"}
	}
	return err
}

func fileSize(name string) int64 {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

// Complete returns a file with what a listing left open, its size and its digest, as the hub's HEAD tells them. A file that
// even then cannot be checked is CodeUnprocessable.
func (c *Client) Complete(ctx context.Context, s Snapshot, f File) (File, error) {
	if f.Size >= 0 && (f.Digest != Digest{} || c.options.Offline) {
		return f, nil
	}
	address, err := c.fileAddress(s, f)
	if err != nil {
		return f, err
	}
	err = c.patiently(ctx, func() (bool, error) {
		reply, err := c.do(ctx, http.MethodHead, address, 0)
		if err != nil {
			return false, err
		}
		reply.body.Close()
		if reply.status != http.StatusOK {
			return false, reply.failure(s.Ref)
		}
		if f.Size < 0 {
			f.Size = reply.hub.size
		}
		if f.Digest == (Digest{}) {
			f.Digest = reply.hub.digest
		}
		return false, nil
	})
	if err == nil && (f.Size < 0 || f.Size > largestFile || f.Digest == Digest{}) {
		err = engine.Errorf(engine.CodeUnprocessable, "the hub tells no size and hash of %s, so it cannot be checked", f.Path)
	}
	return f, err
}
