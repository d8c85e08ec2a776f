package onnx

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestReadGPUFolderRefuses(t *testing.T) {
	for _, c := range []struct {
		name, list, says string
	}{
		{"another folder", "../libx.so\nlibonnxruntime.so.1\n", "no file of this folder"},
		{"no runtime", "libcudart.so.12\nlibonnxruntime_providers_cuda.so\n", "no ONNX Runtime"},
		{"empty", "", "no ONNX Runtime"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, preloadFile), []byte(c.list), 0o600))
			_, err := readGPUFolder(dir)
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := readGPUFolder(t.TempDir())
	require.ErrorIs(t, err, ErrNoGPULibraries)
	require.ErrorContains(t, err, "make gpu")
	_, err = Start(Library{GPU: t.TempDir()})
	require.ErrorIs(t, err, ErrNoGPULibraries)
}

func TestReadGPUFolder(t *testing.T) {
	dir := t.TempDir()
	list := "liba.so.1\nlibb.so.2\nlibonnxruntime.so.1.24.4\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, preloadFile), []byte(list), 0o600))
	want := []string{filepath.Join(dir, "liba.so.1"), filepath.Join(dir, "libb.so.2")}

	path, preloads, err := Library{GPU: dir}.locateAll()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "libonnxruntime.so.1.24.4"), path)
	require.Equal(t, want, preloads)

	own := filepath.Join(dir, "own.so")
	require.NoError(t, os.WriteFile(own, nil, 0o600))
	path, preloads, err = Library{GPU: dir, Path: own}.locateAll()
	require.NoError(t, err)
	require.Equal(t, own, path, "a library that is named wins")
	require.Equal(t, want, preloads)
}

func TestPreloadAll(t *testing.T) {
	var loaded []string
	broken := errors.New("undefined symbol")
	err := preloadAll([]string{"a", "b", "c"}, func(path string) error {
		loaded = append(loaded, path)
		if path == "b" {
			return broken
		}
		return nil
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "b: ")
	require.Equal(t, []string{"a", "b"}, loaded, "in order, until one fails")
}

func TestPreload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lib.so")
	require.Error(t, preload(file))
	require.NoError(t, os.WriteFile(file, []byte("no library"), 0o700))
	require.Error(t, preload(file))
	if runtime.GOOS != "linux" {
		return
	}
	require.NoError(t, preload(startBundled(t).Path()), "what is loaded already can be loaded again")
}

func TestHasNVIDIA(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const pci = "sys/bus/pci/devices/0000:01:00.0/"
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want bool
	}{
		{"nothing", fstest.MapFS{"dev/null": file(""), "dev/nvram": file("")}, false},
		{"the control device alone", fstest.MapFS{"dev/nvidiactl": file("")}, false},
		{"another maker's card", fstest.MapFS{pci + "vendor": file("0x1002\n"), pci + "class": file("0x030000\n")}, false},
		{"the maker's network card", fstest.MapFS{pci + "vendor": file("0x10de\n"), pci + "class": file("0x020000\n")}, false},
		{"a card without a driver", fstest.MapFS{pci + "vendor": file("0x10de\n"), pci + "class": file("0x030200\n")}, true},
		{"a device", fstest.MapFS{"dev/nvidia0": file("")}, true},
		{"the driver's list", fstest.MapFS{"proc/driver/nvidia/gpus/0000:01:00.0/information": file("")}, true},
		{"Linux under Windows", fstest.MapFS{"usr/lib/wsl/lib/libcuda.so.1": file("")}, true},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, hasNVIDIA(c.root)) })
	}
}
