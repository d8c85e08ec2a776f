package onnx

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestLocateConfigured(t *testing.T) {
	dir := t.TempDir()
	_, err := Library{Path: filepath.Join(dir, "absent.so")}.Locate()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "runtime.library")
	_, err = Library{Path: dir}.Locate()
	require.ErrorContains(t, err, "not a file")

	file := filepath.Join(dir, "own.so")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	path, err := Library{Path: file}.Locate()
	require.NoError(t, err)
	require.Equal(t, file, path)
}

func TestBundledLibrary(t *testing.T) {
	dir := "lib/" + runtime.GOOS + "_" + runtime.GOARCH + "/"
	for name, files := range map[string]fstest.MapFS{
		"another platform": {},
		"not fetched":      {dir + ".gitignore": {}},
		"notices alone":    {dir + "LICENSE": {}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := bundledLibrary(files)
			require.ErrorIs(t, err, ErrNoLibrary)
			require.ErrorContains(t, err, "make build")
		})
	}
	name, data, err := bundledLibrary(fstest.MapFS{dir + ".gitignore": {}, dir + "libonnxruntime.so.1": {Data: []byte("x")}})
	require.NoError(t, err)
	require.Equal(t, "libonnxruntime.so.1", name)
	require.Equal(t, "x", string(data))
}

// TestBundledLibraryIsPinned keeps what was fetched for another version from being taken for this one.
func TestBundledLibraryIsPinned(t *testing.T) {
	_, data, err := bundledLibrary(bundled)
	if err != nil {
		t.Skip("NOT TESTED, the library is not bundled: run encoder/onnx/fetch.py")
	}
	script, err := os.ReadFile("fetch.py")
	require.NoError(t, err)
	require.Contains(t, string(script), hashOf(data))
}

// TestStartRefuses tries libraries that cannot be loaded, each in a process of its own.
func TestStartRefuses(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "damaged.so")
	header := []byte("\x7fELF\x02\x01\x01\x00 and no more")
	require.NoError(t, os.WriteFile(damaged, header, 0o700))
	for name, path := range map[string]string{"absent": damaged + "x", "damaged": damaged, "another file": "doc.go"} {
		t.Run(name, func(t *testing.T) {
			process := exec.Command(os.Args[0])
			process.Env = append(os.Environ(), startedFrom+"="+path)
			output, err := process.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, 1, exit.ExitCode(), "%s", output)
			require.Contains(t, string(output), filepath.Base(path))
		})
	}
}

func TestUnpackFallsBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folders come from the registry on Windows")
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	temporary := t.TempDir()
	t.Setenv("HOME", file)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(file, "cache"))
	t.Setenv("TMPDIR", temporary)

	path, err := Library{}.unpack("lib.so", []byte("one"))
	require.NoError(t, err)
	require.Contains(t, path, temporary)

	_, err = Library{Cache: filepath.Join(file, "cache")}.unpack("lib.so", []byte("one"))
	require.Error(t, err, "a configured folder is used or refused, never replaced")

	t.Setenv("TMPDIR", file)
	_, err = Library{}.unpack("lib.so", []byte("one"))
	require.ErrorContains(t, err, "no folder to unpack")
}

func TestNotices(t *testing.T) {
	if _, _, err := bundledLibrary(bundled); err != nil {
		_, err := Notices()
		require.ErrorIs(t, err, ErrNoLibrary)
		t.Skip("the library is not bundled: run encoder/onnx/fetch.py")
	}
	text, err := Notices()
	require.NoError(t, err)
	require.Contains(t, text, "MIT License")
}
