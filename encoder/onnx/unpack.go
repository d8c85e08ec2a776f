package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// unpack makes sure that the file name with these contents exists in a folder of cache that is named by their hash,
// and returns its path. A damaged file is replaced. Processes that do this at once each write a file of their own and
// rename it over, so nobody ever loads half a library.
func unpack(cache, name string, data []byte) (string, error) {
	dir := filepath.Join(cache, "onnxruntime-"+hashOf(data)[:32])
	target := filepath.Join(dir, name)
	if holds(target, data) {
		return target, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	removeLeftovers(dir)
	temporary, err := writeTemporary(dir, data)
	if err != nil {
		return "", fmt.Errorf("unpack the ONNX Runtime library: %w", err)
	}
	if err := os.Rename(temporary, target); err != nil {
		os.Remove(temporary)
		// Windows does not let a library be replaced that another process has loaded meanwhile; that one will do.
		if holds(target, data) {
			return target, nil
		}
		return "", fmt.Errorf("unpack the ONNX Runtime library: %w", err)
	}
	return target, syncDir(dir)
}

// holds reports whether the file has exactly these contents.
func holds(file string, data []byte) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false
	}
	block := make([]byte, 1<<18)
	for len(data) > 0 {
		n, err := io.ReadFull(f, block[:min(len(block), len(data))])
		if err != nil || !bytes.Equal(block[:n], data[:n]) {
			return false
		}
		data = data[n:]
	}
	return true
}

const temporaryPattern = ".unpack-*"

// writeTemporary writes data to a new file in dir and syncs it.
func writeTemporary(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, temporaryPattern)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o500), f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// removeLeftovers removes what killed processes left half written. A process that is still writing is spared by the
// age: it needs seconds.
func removeLeftovers(dir string) {
	old, _ := filepath.Glob(filepath.Join(dir, temporaryPattern))
	for _, file := range old {
		if info, err := os.Lstat(file); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.Remove(file)
		}
	}
}

// syncDir makes a rename in dir survive a power loss, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) &&
		!errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// privateTempDir returns a folder under parent that only this user can write to. A folder that is already there is
// trusted only if that is so: anybody can create names in a shared parent, and what lies there is loaded as code.
func privateTempDir(parent string) (string, error) {
	dir := filepath.Join(parent, "pinax-"+userID())
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !ownedAndPrivate(info) {
		return "", fmt.Errorf("%s exists and is not a private folder of this user", dir)
	}
	return dir, nil
}
