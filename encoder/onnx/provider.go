package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	ort "github.com/yalue/onnxruntime_go"
)

// Provider names what executes a model. The library that is loaded must have been built with it.
type Provider string

// The providers that sessions can ask for.
const (
	CPU      Provider = "cpu"
	CUDA     Provider = "cuda"     // NVIDIA
	TensorRT Provider = "tensorrt" // NVIDIA, compiled for the device; what it cannot do is left to CUDA
	OpenVINO Provider = "openvino" // Intel
	CoreML   Provider = "coreml"   // Apple
	DirectML Provider = "directml" // Windows
)

// Providers are all of them.
func Providers() []Provider { return []Provider{CPU, CUDA, TensorRT, OpenVINO, CoreML, DirectML} }

// ErrProvider says that the library, the driver or the device is not there for a provider.
var ErrProvider = errors.New("the execution provider cannot be used")

// libraryNames are those of the library's own messages and profiles.
var libraryNames = map[Provider]string{
	CPU: "CPUExecutionProvider", CUDA: "CUDAExecutionProvider", TensorRT: "TensorrtExecutionProvider",
	OpenVINO: "OpenVINOExecutionProvider", CoreML: "CoreMLExecutionProvider", DirectML: "DmlExecutionProvider",
}

// providerOf returns the provider of a library's name, and the name itself for one that is not known here.
func providerOf(libraryName string) Provider {
	for p, name := range libraryNames {
		if name == libraryName {
			return p
		}
	}
	return Provider(libraryName)
}

// parallel returns how many runs a device is given at once: a second one has its inputs copied while the first computes.
// DirectML forbids it. 0 means that callers are the limit.
func (p Provider) parallel() int {
	switch p {
	case CPU, OpenVINO, CoreML, "":
		return 0
	case DirectML:
		return 1
	}
	return 2
}

// appendTo asks for the provider on one device; a negative device is the provider's own choice. Some of the binding's
// calls succeed for a provider that does not work, so this is not the proof that it will run: see Placement.
func (p Provider) appendTo(options *ort.SessionOptions, device int, o SessionOptions) error {
	var err error
	switch p {
	case CPU, "":
		return nil
	case CUDA:
		err = appendCUDA(options, device, o)
	case TensorRT:
		if err = appendTensorRT(options, device, o); err == nil {
			err = appendCUDA(options, device, o)
		}
	case OpenVINO:
		err = options.AppendExecutionProviderOpenVINO(openVINOOptions(device, o))
	case CoreML:
		err = options.AppendExecutionProviderCoreMLV2(map[string]string{"ModelFormat": "MLProgram"})
	case DirectML:
		// What DirectML demands of every session.
		err = errors.Join(options.SetMemPattern(false), options.SetExecutionMode(ort.ExecutionModeSequential),
			options.AppendExecutionProviderDirectML(max(0, device)))
	default:
		return fmt.Errorf("%w: there is none of the name %q, only %v", ErrProvider, p, Providers())
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrProvider, p, err)
	}
	return nil
}

func appendCUDA(options *ort.SessionOptions, device int, o SessionOptions) error {
	cuda, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer cuda.Destroy() //nolint:errcheck // it fails only when there is nothing to free
	if err := cuda.Update(cudaOptions(device, o)); err != nil {
		return err
	}
	return options.AppendExecutionProviderCUDA(cuda)
}

// cudaOptions keep the arena to what runs ask for, rather than the next power of two, and under the limit.
func cudaOptions(device int, o SessionOptions) map[string]string {
	m := map[string]string{
		"device_id":                 strconv.Itoa(max(0, device)),
		"arena_extend_strategy":     "kSameAsRequested",
		"cudnn_conv_algo_search":    "HEURISTIC", // the exhaustive one runs again for every size of batch
		"do_copy_in_default_stream": "1",
	}
	if o.MemoryLimit > 0 {
		m["gpu_mem_limit"] = strconv.FormatInt(o.MemoryLimit, 10)
	}
	return m
}

func appendTensorRT(options *ort.SessionOptions, device int, o SessionOptions) error {
	tensorRT, err := ort.NewTensorRTProviderOptions()
	if err != nil {
		return err
	}
	defer tensorRT.Destroy() //nolint:errcheck // as above
	if err := tensorRT.Update(tensorRTOptions(device, o)); err != nil {
		return err
	}
	return options.AppendExecutionProviderTensorRT(tensorRT)
}

// tensorRTOptions keep compiled engines, which take minutes to make, where the caller says.
func tensorRTOptions(device int, o SessionOptions) map[string]string {
	m := map[string]string{"device_id": strconv.Itoa(max(0, device)), "trt_fp16_enable": "1"}
	if o.MemoryLimit > 0 {
		m["trt_max_workspace_size"] = strconv.FormatInt(o.MemoryLimit, 10)
	}
	if o.EngineCache != "" {
		m["trt_engine_cache_enable"], m["trt_timing_cache_enable"] = "1", "1"
		m["trt_engine_cache_path"], m["trt_timing_cache_path"] = o.EngineCache, o.EngineCache
	}
	return m
}

// openVINOOptions name a graphics device by its number, or the processor. OpenVINO could choose by itself ("AUTO"), but was
// seen to choose not to run at all, and to round to shorter floats.
func openVINOOptions(device int, o SessionOptions) map[string]string {
	m := map[string]string{"device_type": "CPU"}
	if device >= 0 {
		m["device_type"] = "GPU." + strconv.Itoa(device)
	}
	if o.Threads > 0 {
		m["num_of_threads"] = strconv.Itoa(o.Threads)
	}
	return m
}

// devices returns the devices that a session is opened on, -1 for the provider's own choice.
func (o SessionOptions) devices() []int {
	if len(o.Devices) == 0 || o.Provider == CPU || o.Provider == "" {
		return []int{-1}
	}
	return slices.Clone(o.Devices)
}
