package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// preloadFile lists, one a line, the libraries of a GPU folder in the order in which they need one another. fetch_gpu.py
// writes it.
const preloadFile = "preload.txt"

// ErrNoGPULibraries says that a folder does not hold what a GPU needs.
var ErrNoGPULibraries = errors.New("no GPU libraries: `make gpu` fetches them")

// gpuFolder is a folder that fetch_gpu.py has filled.
type gpuFolder struct {
	library string   // the ONNX Runtime that was built for GPUs
	preload []string // paths of what must be in memory before its providers are
}

// readGPUFolder finds the libraries of a folder. They are loaded by path, since a program cannot change where the system
// looks for them once it runs, and asking users for LD_LIBRARY_PATH is how a GPU goes unused.
func readGPUFolder(dir string) (gpuFolder, error) {
	list, err := os.ReadFile(filepath.Join(dir, preloadFile))
	if errors.Is(err, fs.ErrNotExist) {
		return gpuFolder{}, fmt.Errorf("%w (there is no %s)", ErrNoGPULibraries, filepath.Join(dir, preloadFile))
	}
	if err != nil {
		return gpuFolder{}, fmt.Errorf("GPU libraries: %w", err)
	}
	var f gpuFolder
	for _, name := range strings.Fields(string(list)) {
		if name != filepath.Base(name) {
			return gpuFolder{}, fmt.Errorf("GPU libraries: %s names %q, which is no file of this folder", preloadFile, name)
		}
		path, err := filepath.Abs(filepath.Join(dir, name))
		if err != nil {
			return gpuFolder{}, fmt.Errorf("GPU libraries: %w", err)
		}
		if isRuntime(name) {
			f.library = path
		} else {
			f.preload = append(f.preload, path)
		}
	}
	if f.library == "" {
		return gpuFolder{}, fmt.Errorf("GPU libraries: %s names no ONNX Runtime", filepath.Join(dir, preloadFile))
	}
	return f, nil
}

// isRuntime reports whether a file's name is that of the ONNX Runtime itself.
func isRuntime(name string) bool {
	return strings.HasPrefix(name, "libonnxruntime.") || name == "onnxruntime.dll"
}

// preloadAll loads libraries one after the other with load.
func preloadAll(paths []string, load func(path string) error) error {
	for _, path := range paths {
		if err := load(path); err != nil {
			return fmt.Errorf("GPU library %s: %w", path, err)
		}
	}
	return nil
}
