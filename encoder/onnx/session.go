package onnx

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

var (
	// ErrModel says that the bytes are not a model that the library can run.
	ErrModel = errors.New("not a usable ONNX model")
	// ErrClosed says that the session was closed.
	ErrClosed = errors.New("the ONNX session is closed")
)

// SessionOptions tunes a session. The zero value is for many callers that each run on their own core.
type SessionOptions struct {
	// Threads that one Run uses; 0 means 1: the caller's own thread and no pool. Several callers at one thread each
	// reach a higher throughput than one caller with several threads, which wait for each other at every operator.
	Threads int
	// Provider executes the model; "" means CPU.
	Provider Provider
	// Devices of the provider, each of which gets a session of its own; a run goes to whichever is free. Empty: the
	// provider's own choice. The CPU takes none.
	Devices []int
	// MemoryLimit bounds the memory that a session keeps on a device, in bytes; 0 means the device's.
	MemoryLimit int64
	// EngineCache is a folder where TensorRT keeps what it compiled; "" means nowhere.
	EngineCache string
	// Idle is how long nobody runs a session before it gives all its memory back; the next Run loads the model again, and a
	// model that was not opened from a file stays in memory for that. 0 means that it keeps what its largest batch took.
	Idle time.Duration
	// Profile, when set, records what runs where; it slows runs down.
	Profile *Profile
}

// Session is a loaded model. It is safe for concurrent use; each Run occupies its caller's thread.
type Session struct {
	Inputs, Outputs []Port // as the model names them; not to be changed

	options SessionOptions
	load    loader
	runs    sync.Pool // of *run

	gate     sync.RWMutex                           // held for reading by every Run, so that Close and rest wait for them
	replicas *replicas[*ort.DynamicAdvancedSession] // nil while it rests, and once it is closed
	closed   bool
	resting  *time.Timer  // nil without Options.Idle
	used     atomic.Int64 // when the latest Run ended, Unix nanoseconds
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
	return newSession(inputs, outputs, o, func(options *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSessionWithONNXData(model, nil, nil, options)
	})
}

// OpenSession loads a model from an .onnx file. Weights that the model keeps in files of their own ("external data",
// which a model of over 2 GB must have) are looked for beside it, so this is the way to open such a model. It returns
// what NewSession does.
func (r *Runtime) OpenSession(path string, o SessionOptions) (*Session, error) {
	inputs, outputs, err := portsOfFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return newSession(inputs, outputs, o, func(options *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
		return ort.NewDynamicAdvancedSession(path, nil, nil, options)
	})
}

// portsOfFile reads a model only to describe it, so nothing is optimised.
func portsOfFile(path string) (inputs, outputs []ort.InputOutputInfo, err error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, nil, err
	}
	defer options.Destroy()
	if err := options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelDisableAll); err != nil {
		return nil, nil, err
	}
	return ort.GetInputOutputInfoWithOptions(path, options)
}

// newSession keeps load for as long as the session may have to load its model again.
func newSession(inputs, outputs []ort.InputOutputInfo, o SessionOptions, load loader) (*Session, error) {
	s := &Session{Inputs: ports(inputs), Outputs: ports(outputs), options: o, load: load}
	s.runs.New = func() any { return new(run) }
	if err := s.loadReplicas(); err != nil {
		return nil, err
	}
	if o.Idle <= 0 {
		s.load = nil
		return s, nil
	}
	s.used.Store(time.Now().UnixNano())
	s.resting = time.AfterFunc(o.Idle, s.rest)
	return s, nil
}

// loadReplicas calls load with the library's form of the options, once a device. Names are given to each run, not to the
// session. gate is held, or nobody knows the session yet.
func (s *Session) loadReplicas() error {
	var all []*ort.DynamicAdvancedSession
	for _, device := range s.options.devices() {
		session, err := s.load.on(device, s.options)
		if err != nil {
			return errors.Join(err, destroy(all))
		}
		all = append(all, session)
	}
	s.replicas = newReplicas(all, s.options.Provider.parallel())
	return nil
}

// loader loads a model with the library's form of options.
type loader func(*ort.SessionOptions) (*ort.DynamicAdvancedSession, error)

// on loads a model for a device. It returns ErrProvider where the model is good for the CPU and not for the provider.
func (load loader) on(device int, o SessionOptions) (*ort.DynamicAdvancedSession, error) {
	options, err := sessionOptions(o)
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := o.Provider.appendTo(options, device, o); err != nil {
		return nil, err
	}
	session, err := load(options)
	switch {
	case err == nil:
		return session, nil
	case o.Provider == CPU || o.Provider == "": // that the model can be read is known from its ports
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return nil, fmt.Errorf("%w: %s, device %d: %w", ErrProvider, o.Provider, max(0, device), err)
}

func destroy(sessions []*ort.DynamicAdvancedSession) error {
	var errs []error
	for _, s := range sessions {
		errs = append(errs, s.Destroy())
	}
	return errors.Join(errs...)
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
		// What fails comes back from the call; it need not be printed as well, least of all where it was expected.
		options.SetLogSeverityLevel(ort.LoggingLevelFatal),
		// Batches differ in size, so a memory plan for one size is of no use to the next.
		options.SetMemPattern(false),
	)
	if err == nil && o.Profile != nil {
		err = options.EnableProfiling(o.Profile.prefix())
	}
	if err != nil {
		options.Destroy()
		return nil, fmt.Errorf("ONNX session options: %w", err)
	}
	return options, nil
}

// Tensor is an input of a run: Floats or Ints, row by row, of the given shape. Floats become float16 and Ints int32
// where the model wants that.
type Tensor struct {
	Name   string
	Shape  []int64
	Floats []float32
	Ints   []int64
}

// Run computes one output of the model into dst, whose length is the product of shape; the model's other outputs are
// not computed. A float16 output is widened. Every input of the model must be given, in any order. It returns ErrClosed
// after Close, and the library's reason when sizes do not fit.
func (s *Session) Run(inputs []Tensor, output string, shape []int64, dst []float32) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	at := slices.IndexFunc(s.Outputs, func(p Port) bool { return p.Name == output })
	if at < 0 {
		return fmt.Errorf("the model has no output %q", output)
	}
	r := s.runs.Get().(*run)
	defer s.runs.Put(r)
	defer r.release()
	out := result{port: s.Outputs[at], shape: shape, floats: dst}
	if err := r.prepare(s.Inputs, inputs, out); err != nil {
		return err
	}
	err := s.replicas.do(func(session *ort.DynamicAdvancedSession) error { return r.do(session, s.Inputs, out) })
	if err != nil {
		return err
	}
	r.finish(out)
	return nil
}

// Parallel returns how many runs the session's devices take at once, and 0 when its callers are the only limit, as they
// are on the CPU.
func (s *Session) Parallel() int {
	return slots(len(s.options.devices()), s.options.Provider.parallel())
}

// Close frees the model once running calls have ended. Closing twice is no error.
func (s *Session) Close() error {
	if s.resting != nil {
		s.resting.Stop()
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	s.closed = true
	return s.free()
}
