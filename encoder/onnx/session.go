package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

var (
	// ErrModel says that the bytes are not a model that the library can run.
	ErrModel = errors.New("not a usable ONNX model")
	// ErrClosed says that the session was closed.
	ErrClosed = errors.New("the ONNX session is closed")
)

// ElementType names the type of a tensor's elements, such as "float32".
type ElementType string

// The types that Run passes.
const (
	Float32 ElementType = "float32"
	Int64   ElementType = "int64"
)

// Port describes an input or output of a model.
type Port struct {
	Name  string
	Shape []int64 // -1 where any size goes, such as the batch
	Type  ElementType
}

// SessionOptions tunes a session. The zero value is for many callers that each run on their own core.
type SessionOptions struct {
	// Threads that one Run uses; 0 means 1: the caller's own thread and no pool. Several callers at one thread each
	// reach a higher throughput than one caller with several threads, which wait for each other at every operator.
	Threads int
}

// Session is a loaded model. It is safe for concurrent use; each Run occupies its caller's thread.
type Session struct {
	Inputs, Outputs []Port // as the model names them; not to be changed

	session *ort.DynamicAdvancedSession
	closing sync.RWMutex // held for reading by every Run, so that Close waits for them
}

// NewSession loads a model from the contents of an .onnx file. It returns ErrModel, wrapped with the library's reason,
// for bytes that it cannot load.
func (r *Runtime) NewSession(model []byte, o SessionOptions) (*Session, error) {
	if len(model) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrModel)
	}
	inputs, outputs, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	options, err := sessionOptions(o)
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	s := &Session{Inputs: ports(inputs), Outputs: ports(outputs)}
	s.session, err = ort.NewDynamicAdvancedSessionWithONNXData(model, names(s.Inputs), names(s.Outputs), options)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return s, nil
}

func sessionOptions(o SessionOptions) (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("ONNX session options: %w", err)
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(max(1, o.Threads)),
		options.SetInterOpNumThreads(1),
		options.SetExecutionMode(ort.ExecutionModeSequential),
		// Threads that spin while they wait take the cores from decoding.
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		// Batches differ in size, so a memory plan for one size is of no use to the next.
		options.SetMemPattern(false),
	)
	if err != nil {
		options.Destroy()
		return nil, fmt.Errorf("ONNX session options: %w", err)
	}
	return options, nil
}

func ports(infos []ort.InputOutputInfo) []Port {
	ports := make([]Port, len(infos))
	for i, info := range infos {
		ports[i] = Port{Name: info.Name, Shape: info.Dimensions, Type: elementType(info.DataType)}
	}
	return ports
}

func elementType(t ort.TensorElementDataType) ElementType {
	switch t {
	case ort.TensorElementDataTypeFloat:
		return Float32
	case ort.TensorElementDataTypeInt64:
		return Int64
	}
	return ElementType(strings.ToLower(strings.TrimPrefix(t.String(), "ONNX_TENSOR_ELEMENT_DATA_TYPE_")))
}

func names(ports []Port) []string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Name
	}
	return names
}

// Tensor is an input of a run: Floats or Ints, row by row, of the given shape.
type Tensor struct {
	Name   string
	Shape  []int64
	Floats []float32
	Ints   []int64
}

// Run computes one output of the model into dst, whose length is the product of shape. Every input of the model must
// be given, in any order. It returns ErrClosed after Close, and the library's reason when sizes do not fit.
func (s *Session) Run(inputs []Tensor, output string, shape []int64, dst []float32) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.session == nil {
		return ErrClosed
	}
	var r run
	defer r.release()
	in := make([]ort.Value, len(s.Inputs))
	for i, port := range s.Inputs {
		at := slices.IndexFunc(inputs, func(t Tensor) bool { return t.Name == port.Name })
		if at < 0 {
			return fmt.Errorf("the model's input %q (%s) is not given", port.Name, port.Type)
		}
		value, err := r.value(&inputs[at])
		if err != nil {
			return fmt.Errorf("input %q: %w", port.Name, err)
		}
		in[i] = value
	}
	out := make([]ort.Value, len(s.Outputs))
	at := slices.IndexFunc(s.Outputs, func(p Port) bool { return p.Name == output })
	if at < 0 {
		return fmt.Errorf("the model has no output %q", output)
	}
	value, err := r.value(&Tensor{Shape: shape, Floats: dst})
	if err != nil {
		return fmt.Errorf("output %q: %w", output, err)
	}
	out[at] = value
	defer destroyOthers(out, at)
	return s.session.Run(in, out)
}

// destroyOthers frees the outputs that the library has allocated because nobody asked for them.
func destroyOthers(values []ort.Value, but int) {
	for i, v := range values {
		if i != but && v != nil {
			v.Destroy()
		}
	}
}

// Close frees the model once running calls have ended. Closing twice is no error.
func (s *Session) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.session == nil {
		return nil
	}
	err := s.session.Destroy()
	s.session = nil
	return err
}

// run holds the library's handles during one Run.
type run struct {
	values []ort.Value
	pinner runtime.Pinner
}

// value wraps a tensor without copying it. The library keeps the address of its elements between two calls into C, so
// they are pinned until release.
func (r *run) value(t *Tensor) (ort.Value, error) {
	if t.Ints != nil {
		return wrap(r, t.Shape, t.Ints)
	}
	return wrap(r, t.Shape, t.Floats)
}

func wrap[T float32 | int64](r *run, shape []int64, data []T) (ort.Value, error) {
	if len(data) == 0 {
		return nil, errors.New("no elements")
	}
	r.pinner.Pin(&data[0])
	value, err := ort.NewTensor(ort.Shape(shape), data)
	if err != nil {
		return nil, err
	}
	r.values = append(r.values, value)
	return value, nil
}

func (r *run) release() {
	for _, v := range r.values {
		v.Destroy()
	}
	r.pinner.Unpin()
}
