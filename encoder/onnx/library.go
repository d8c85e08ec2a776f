package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNoLibrary says that the binary was built without a library and none is configured.
var ErrNoLibrary = errors.New("this binary was built without the ONNX Runtime library: " +
	"build it with `make build`, or set runtime.library to a library file")

// Library says where the ONNX Runtime library comes from.
type Library struct {
	Path  string // a library file to load as it is; empty: that of GPU, or else the bundled one
	Cache string // folder to unpack the bundled one into; empty: "pinax" in the user's cache folder
	GPU   string // folder that fetch_gpu.py has filled, whose libraries are loaded first; empty: none
}

// Locate returns the path of a library that is ready to be loaded, unpacking the bundled one when it must. It is safe
// to call from several processes at once. It returns ErrNoLibrary when there is nothing to unpack.
func (l Library) Locate() (string, error) {
	if l.Path != "" {
		info, err := os.Stat(l.Path)
		if err != nil {
			return "", fmt.Errorf("runtime.library: %w", err)
		}
		if !info.Mode().IsRegular() {
			return "", fmt.Errorf("runtime.library: %s is not a file", l.Path)
		}
		return filepath.Abs(l.Path)
	}
	name, data, err := bundledLibrary(bundled)
	if err != nil {
		return "", err
	}
	return l.unpack(name, data)
}

// locateAll returns the path of the library, and of those that must be loaded before it.
func (l Library) locateAll() (path string, preloads []string, err error) {
	if l.GPU == "" {
		path, err = l.Locate()
		return path, nil, err
	}
	folder, err := readGPUFolder(l.GPU)
	if err != nil {
		return "", nil, err
	}
	if l.Path == "" {
		return folder.library, folder.preload, nil
	}
	path, err = l.Locate()
	return path, folder.preload, err
}

// unpack tries the configured folder alone, or else the user's cache folder and then the one for temporary files,
// because a service account often has no home that it may write to.
func (l Library) unpack(name string, data []byte) (string, error) {
	if l.Cache != "" {
		return unpack(l.Cache, name, data)
	}
	cache, err := os.UserCacheDir()
	if err == nil {
		var file string
		if file, err = unpack(filepath.Join(cache, "pinax"), name, data); err == nil {
			return file, nil
		}
	}
	slog.Warn("the user's cache folder cannot hold the ONNX Runtime library; trying the one for temporary files",
		"reason", err)
	dir, tempErr := privateTempDir(os.TempDir())
	if tempErr != nil {
		return "", fmt.Errorf("no folder to unpack the ONNX Runtime library into: %w", errors.Join(err, tempErr))
	}
	return unpack(dir, name, data)
}

// bundledLibrary finds the library among the embedded files.
func bundledLibrary(files fs.FS) (name string, data []byte, err error) {
	dir := path.Join("lib", runtime.GOOS+"_"+runtime.GOARCH)
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return "", nil, ErrNoLibrary
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "libonnxruntime.") || e.Name() == "onnxruntime.dll" {
			data, err := fs.ReadFile(files, path.Join(dir, e.Name()))
			return e.Name(), data, err
		}
	}
	return "", nil, ErrNoLibrary
}

// Notices returns the licence of the bundled library and those of its parts, which must go where the binary goes.
// It returns ErrNoLibrary when none is bundled.
func Notices() (string, error) {
	dir := path.Join("lib", runtime.GOOS+"_"+runtime.GOARCH)
	var text strings.Builder
	for _, name := range []string{"LICENSE", "ThirdPartyNotices.txt"} {
		data, err := fs.ReadFile(bundled, path.Join(dir, name))
		if err != nil {
			return "", ErrNoLibrary
		}
		text.Write(data)
		text.WriteByte('\n')
	}
	return text.String(), nil
}

// hashOf returns the SHA-256 of data in hexadecimal.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
