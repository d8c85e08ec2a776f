package onnx

import (
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Runtime is the loaded library.
type Runtime struct {
	path string
}

// The binding keeps the library, its environment and its path in package variables, so a process has one runtime. It
// belongs to this file: nothing else initialises it. It lives until the process ends, because sessions of several
// encoders share it and unloading a library that has had threads is not safe.
var (
	startMu sync.Mutex
	started *Runtime
)

// Start loads the library on its first call and returns the same runtime afterwards. It is safe for concurrent use.
// A failed start can be tried again. It returns ErrNoLibrary when there is no library, and an error when another one
// than the loaded one is asked for.
func Start(l Library) (*Runtime, error) {
	startMu.Lock()
	defer startMu.Unlock()
	if started != nil && l.Path == "" && l.GPU == "" {
		return started, nil
	}
	path, preloads, err := l.locateAll()
	if err != nil {
		return nil, err
	}
	if started != nil {
		if path != started.path {
			return nil, fmt.Errorf("the ONNX Runtime library %s is loaded already; %s needs a process of its own", started.path, path)
		}
		return started, nil
	}
	if err := preloadAll(preloads, preload); err != nil {
		return nil, err
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, fmt.Errorf("load the ONNX Runtime library %s: %w", path, err)
	}
	started = &Runtime{path: path}
	return started, nil
}

// Path returns the file that the library was loaded from.
func (r *Runtime) Path() string { return r.path }

// Version returns the library's version, such as "1.24.4".
func (r *Runtime) Version() string { return ort.GetVersion() }
