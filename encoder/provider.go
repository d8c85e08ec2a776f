package encoder

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"pinax/encoder/onnx"
	"pinax/engine"
)

// Auto stands for the best provider that was measured for the machine: CUDA where there is an NVIDIA GPU, else the CPU.
// The others are only for who asks for them.
const Auto onnx.Provider = "auto"

// loader opens the sessions of an encoder, all of them on the same provider.
type loader struct {
	runtime *onnx.Runtime
	options onnx.SessionOptions
}

// load opens the graph of a tower.
func (l loader) load(file onnxFile) (*onnx.Session, error) {
	if file.disk != "" {
		return l.runtime.OpenSession(file.disk, l.options)
	}
	return l.runtime.NewSession(file.data, l.options)
}

// attempt is a way to run models.
type attempt struct {
	provider onnx.Provider
	library  onnx.Library
}

// attempts lists the ways to try. All but the last may fail.
func (o Options) attempts(nvidia bool) []attempt {
	bundled := o.Library
	bundled.GPU = ""
	switch {
	case o.Provider == Auto && nvidia:
		return []attempt{{onnx.CUDA, o.Library}, {onnx.CPU, bundled}}
	case o.Provider == Auto:
		return []attempt{{onnx.CPU, bundled}}
	case o.Provider == onnx.CUDA, o.Provider == onnx.TensorRT:
		return []attempt{{o.Provider, o.Library}}
	}
	return []attempt{{o.Provider, bundled}}
}

// firstThat returns what open makes of the first attempt that does not fail. Where a better one has failed, it says so as
// loudly as a log can, and fallback is the reason; when all fail, the error is the last one's.
func firstThat(attempts []attempt, open func(attempt) (*Encoder, error)) (e *Encoder, fallback string, err error) {
	for i, a := range attempts {
		if e, err = open(a); err == nil {
			return e, fallback, nil
		}
		if errors.Is(err, onnx.ErrModel) { // no provider can help that
			return nil, "", err
		}
		if i < len(attempts)-1 {
			fallback = detail(err)
			slog.Warn("THE GPU IS NOT USED: models run on the CPU, many times slower",
				"wanted", a.provider, "reason", err, "hint", providerHint(a.provider))
		}
	}
	return nil, "", err
}

// detail returns what of an error may be shown to anybody: its cause, which names files and machines, is for the log.
func detail(err error) string {
	var e *engine.Error
	if errors.As(err, &e) {
		return e.Detail + "; the log tells why"
	}
	return "the log tells why"
}

// providerError returns what an execution provider that cannot be used tells.
func providerError(p onnx.Provider, err error) *engine.Error {
	return &engine.Error{Code: engine.CodeUnavailable, Err: err, Hint: providerHint(p),
		Detail: fmt.Sprintf("the provider %s cannot be used", p)}
}

func providerHint(p onnx.Provider) string {
	const or = "; or set encoder.provider to auto or cpu"
	switch p {
	case onnx.CUDA:
		return "fetch CUDA's libraries with `make gpu` (or set runtime.gpu to their folder), and install NVIDIA's driver, " +
			"525 or newer" + or
	case onnx.TensorRT:
		return "as for cuda, and put TensorRT 10's libraries where the system finds them" + or
	case onnx.OpenVINO:
		return "set runtime.library to an ONNX Runtime that was built with OpenVINO" + or
	case onnx.CoreML:
		return "CoreML needs a Mac" + or
	case onnx.DirectML:
		return "set runtime.library to an onnxruntime.dll that was built with DirectML; it needs Windows" + or
	}
	return "providers are auto and " + fmt.Sprint(onnx.Providers())
}

// GPUFolder returns the folder of GPU libraries beside the program, where `make gpu` puts them, and "" when there is none.
func GPUFolder() string {
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	folder := filepath.Join(filepath.Dir(program), "gpu")
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return ""
	}
	return folder
}

// judge holds what a model recorded of its run against the provider that it was to run on. It returns a warning when the
// provider did less than half of the work, and an error when it did none.
func judge(p onnx.Provider, placement onnx.Placement) (warning string, err error) {
	took := placement.Share(p)
	if p == onnx.TensorRT {
		took += placement.Share(onnx.CUDA) // what TensorRT leaves to it is not lost to the CPU
	}
	switch {
	case placement[p].Nodes == 0:
		return "", fmt.Errorf("%w: the library loaded it, and ran the model elsewhere (%v)", onnx.ErrProvider, placement)
	case took < 0.5:
		return fmt.Sprintf("%s does %.0f %% of the model's work (%v)", p, 100*took, placement), nil
	}
	return "", nil
}
