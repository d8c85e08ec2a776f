package encoder

import (
	"runtime"
	"time"

	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/engine"
)

// Options tunes an encoder. A zero field means its default, which DefaultOptions shows. The defaults are measured:
// docs/adr/0003-onnx-runtime-embedding.md.
type Options struct {
	Library onnx.Library // where ONNX Runtime comes from; by default the bundled one
	// Provider executes the models; by default Auto. One that is named is used or fails; Auto goes on with the CPU, and
	// says so in the log and in Info.
	Provider onnx.Provider
	// Devices of the provider, each of which gets models of its own; by default the provider's choice. Batches go to
	// whichever is free. The CPU ignores them.
	Devices []int
	// DeviceMemory bounds what a model keeps on a device, in bytes; by default the device does.
	DeviceMemory int64
	// Idle is how long a model that nobody uses stays loaded; by default for ever.
	Idle        time.Duration
	EngineCache string // folder for what TensorRT compiles; by default nothing is kept

	Precision   Precision      // which of the files of a folder are taken; by default AnyPrecision
	Threads     int            // runs of each tower on the CPU, and pictures decoded, at the same time; by default GOMAXPROCS
	BatchImages int            // most pictures in a run; by default 16 on the CPU and 64 on a device
	BatchTexts  int            // most texts taken together, which may be several runs; by default 32, and 256 on a device
	QueueLimit  int            // pictures waiting for decoding, likewise texts, and callers waiting for room; by default 1024
	MaxWait     time.Duration  // how long an idle worker waits for a batch to fill; by default not at all
	Limits      picture.Limits // of pictures; by default picture.DefaultLimits
	// DecodePixels bounds the pixels, width × height, of all pictures that are being decoded. Decoding most often
	// takes 4 to 7 bytes a pixel. A picture that is larger by itself is decoded alone. By default 100 million.
	DecodePixels int64
	Observer     engine.Observer // told how long stages take; by default nobody
}

// DefaultOptions returns the defaults for this machine.
func DefaultOptions() Options {
	return Options{
		Provider:     Auto,
		Threads:      runtime.GOMAXPROCS(0),
		QueueLimit:   1024,
		Limits:       picture.DefaultLimits(),
		DecodePixels: 100_000_000,
		Observer:     engine.Unobserved{},
	}
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	d := DefaultOptions()
	if o.Provider == "" {
		o.Provider = d.Provider
	}
	if o.Threads <= 0 {
		o.Threads = d.Threads
	}
	if o.QueueLimit <= 0 {
		o.QueueLimit = d.QueueLimit
	}
	if o.Limits == (picture.Limits{}) {
		o.Limits = d.Limits
	}
	if o.DecodePixels <= 0 {
		o.DecodePixels = d.DecodePixels
	}
	if o.Observer == nil {
		o.Observer = d.Observer
	}
	return o
}

// workers returns how many batches of a tower are under way at once. parallel is what its devices take, 0 standing for the
// CPU: as many again are gathered and converted meanwhile, or split into vectors.
func (o Options) workers(parallel int) int {
	if parallel > 0 {
		return 2 * parallel
	}
	return o.Threads
}

func (o Options) batchImages(parallel int) int { return batchSize(o.BatchImages, parallel, 16, 64) }

func (o Options) batchTexts(parallel int) int { return batchSize(o.BatchTexts, parallel, 32, 256) }

// batchSize returns the configured size, or else what fits: a core is busy with few, a GPU needs many.
func batchSize(configured, parallel, onCPU, onDevice int) int {
	switch {
	case configured > 0:
		return configured
	case parallel > 0:
		return onDevice
	}
	return onCPU
}
