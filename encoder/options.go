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
	Library     onnx.Library   // where ONNX Runtime comes from; by default the bundled one
	Threads     int            // runs of each tower, and pictures decoded, at the same time; by default GOMAXPROCS
	BatchImages int            // most pictures in a run; by default 16
	BatchTexts  int            // most texts taken together, which may be several runs; by default 32
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
		Threads:      runtime.GOMAXPROCS(0),
		BatchImages:  16,
		BatchTexts:   32,
		QueueLimit:   1024,
		Limits:       picture.DefaultLimits(),
		DecodePixels: 100_000_000,
		Observer:     engine.Unobserved{},
	}
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	d := DefaultOptions()
	if o.Threads <= 0 {
		o.Threads = d.Threads
	}
	if o.BatchImages <= 0 {
		o.BatchImages = d.BatchImages
	}
	if o.BatchTexts <= 0 {
		o.BatchTexts = d.BatchTexts
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
