package embedded

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"pinax/storage/durable"
)

// FileSystem is what the picture folder asks of the operating system. Tests replace it to make each call fail in turn.
type FileSystem interface {
	// Create makes a file that must not exist yet.
	Create(path string) (File, error)
	Open(path string) (io.ReadSeekCloser, error)
	Rename(from, to string) error
	// Remove is no error when the file does not exist.
	Remove(path string) error
	// Names lists a folder.
	Names(dir string) ([]string, error)
	// MakeDir is no error when the folder exists.
	MakeDir(path string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(path string) error
}

// File is a file being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// osFiles is the FileSystem of the machine.
type osFiles struct{}

func (osFiles) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
}

func (osFiles) Open(path string) (io.ReadSeekCloser, error) { return os.Open(path) }

func (osFiles) Rename(from, to string) error { return os.Rename(from, to) }

func (osFiles) Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (osFiles) Names(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (osFiles) MakeDir(path string) error {
	if err := os.Mkdir(path, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (osFiles) SyncDir(path string) error { return durable.SyncDir(path) }
