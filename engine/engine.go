package engine

import (
	"errors"
	"fmt"
	"slices"
)

// Options configure an Engine.
type Options struct {
	Index       IndexConfig // what a new collection gets for settings that it does not name
	Limits      Limits
	Thumbnailer Thumbnailer                // nil: pictures are served in full only
	Videos      func(Encoder) VideoEncoder // what encodes clips into the space of an encoder; nil: clips are refused
}

// DefaultOptions returns the settings of a server. config.yaml documents those of the index.
func DefaultOptions() Options {
	return Options{
		Index: IndexConfig{
			Kind: "hnsw", M: 16, EfConstruction: 200, EfSearch: 64, ExactBelow: 8000, Seed: 1, Quantizer: "int8", Memory: "full",
		},
		Limits: DefaultLimits(),
	}
}

// Engine serves collections. It is safe for concurrent use.
type Engine struct {
	backend  Backend
	encoders []Encoder // the first is the default
	options  Options
}

// New wires a backend and at least one encoder; the first encoder is the one that new collections get by default. The
// caller keeps ownership of all of them and closes them after its last call of the engine.
func New(b Backend, encoders []Encoder, o Options) (*Engine, error) {
	if len(encoders) == 0 {
		return nil, errors.New("engine: no encoder")
	}
	names := make([]string, len(encoders))
	for i, enc := range encoders {
		names[i] = enc.Info().Name
		if slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("engine: two encoders are named %q", names[i])
		}
	}
	return &Engine{backend: b, encoders: encoders, options: o}, nil
}

// Encoders describes the installed encoders, the default first.
func (e *Engine) Encoders() []EncoderInfo {
	infos := make([]EncoderInfo, len(e.encoders))
	for i, enc := range e.encoders {
		infos[i] = enc.Info()
	}
	return infos
}

// EncoderStats returns what the encoders that count have counted, by name.
func (e *Engine) EncoderStats() map[string]EncoderStats {
	stats := map[string]EncoderStats{}
	for _, enc := range e.encoders {
		if m, ok := enc.(Measured); ok {
			stats[enc.Info().Name] = m.Stats()
		}
	}
	return stats
}

// Limits returns the limits in force.
func (e *Engine) Limits() Limits { return e.options.Limits }

// encoder returns the encoder of that name, the default one for "".
func (e *Engine) encoder(name string) (Encoder, error) {
	if name == "" {
		return e.encoders[0], nil
	}
	for _, enc := range e.encoders {
		if enc.Info().Name == name {
			return enc, nil
		}
	}
	return nil, Errorf(CodeNotFound, "no encoder is named %q", name).WithHint("GET /v1/encoders lists what is installed")
}

// encoderOf returns the encoder that a collection was written with. Vectors of another one would not compare, so a
// different fingerprint is an error and not a surprise in the results.
func (e *Engine) encoderOf(c Collection) (Encoder, error) {
	enc, err := e.encoder(c.Encoder.Name)
	if err != nil {
		return nil, Errorf(CodeEncoder, "collection %q was written with encoder %q, which is not installed", c.Name, c.Encoder.Name).
			WithHint("install that encoder, or make a new collection and ingest again")
	}
	if got := enc.Info().Fingerprint; got != c.Encoder.Fingerprint {
		return nil, Errorf(CodeEncoder, "collection %q was written with another version of encoder %q (%.12s, installed: %.12s)",
			c.Name, c.Encoder.Name, c.Encoder.Fingerprint, got).
			WithHint("install the version it was written with, or make a new collection and ingest again")
	}
	return enc, nil
}
