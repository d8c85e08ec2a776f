package cache

import (
	"context"
	"errors"
	"slices"
	"sync"
	"unicode/utf8"

	"pinax/engine"
)

// Encoder is an engine.Encoder that remembers what another one encoded. It is safe for concurrent use.
type Encoder struct {
	inner         engine.Encoder
	texts, images keyer

	mu      sync.Mutex
	recent  *recent
	flights map[key]*flight
	stats   engine.EncoderStats
}

var _ engine.Encoder = (*Encoder)(nil)

// flight is a content that one caller encodes and others wait for.
type flight struct {
	landed chan struct{}       // closed when value and err are set
	value  engine.EncodedImage // of a text, its vector alone
	err    error               // of the call that encoded it
}

// New wraps an encoder with a memory of so many bytes, about 1.3 KB for a vector of 256 elements. The inner encoder stays
// its caller's to close.
func New(inner engine.Encoder, bytes int64) *Encoder {
	fingerprint := inner.Info().Fingerprint
	return &Encoder{
		inner: inner, texts: keyer{fingerprint + "\x00text\x00"}, images: keyer{fingerprint + "\x00image\x00"},
		recent: newRecent(bytes), flights: map[key]*flight{},
	}
}

// Info implements engine.Encoder.
func (e *Encoder) Info() engine.EncoderInfo { return e.inner.Info() }

// Stats implements engine.Measured.
func (e *Encoder) Stats() engine.EncoderStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.CacheBytes, s.CacheEntries = e.recent.bytes, len(e.recent.entries)
	return s
}

// EncodeTexts implements engine.Encoder.
func (e *Encoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	keys := make([]key, len(texts))
	for i, text := range texts {
		if !utf8.ValidString(text) { // it fails the call, and the error tells its place in it
			return e.inner.EncodeTexts(ctx, texts)
		}
		keys[i] = e.texts.key([]byte(text))
	}
	values, err := e.encode(ctx, keys, func(places []int) ([]engine.EncodedImage, error) {
		vectors, err := e.inner.EncodeTexts(ctx, pick(texts, places))
		values := make([]engine.EncodedImage, len(vectors))
		for i, v := range vectors {
			values[i].Vector = v
		}
		return values, err
	})
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(values))
	for i, v := range values {
		vectors[i] = v.Vector
	}
	return vectors, nil
}

// EncodeImages implements engine.Encoder. Failures are not remembered.
func (e *Encoder) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	keys := make([]key, len(images))
	for i, data := range images {
		keys[i] = e.images.key(data)
	}
	return e.encode(ctx, keys, func(places []int) ([]engine.EncodedImage, error) {
		return e.inner.EncodeImages(ctx, pick(images, places))
	})
}

func pick[T any](all []T, places []int) []T {
	picked := make([]T, len(places))
	for i, at := range places {
		picked[i] = all[at]
	}
	return picked
}

// encode returns a value for every key: one that it remembers, one that another call is about to have, or what run makes
// of the places that are left. A call does its own work before it waits for others, so calls never wait in a circle.
func (e *Encoder) encode(
	ctx context.Context, keys []key, run func(places []int) ([]engine.EncodedImage, error),
) ([]engine.EncodedImage, error) {
	values := make([]engine.EncodedImage, len(keys))
	left := make([]int, 0, len(keys))
	for i := range keys {
		left = append(left, i)
	}
	for len(left) > 0 {
		own, joined := e.board(keys, left, values)
		if err := e.fly(keys, own, run, values); err != nil {
			return nil, err
		}
		left = left[:0]
		for place, f := range joined {
			select {
			case <-f.landed:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			switch {
			case f.err == nil:
				values[place] = clone(f.value)
			case errors.Is(f.err, context.Canceled), errors.Is(f.err, context.DeadlineExceeded):
				left = append(left, place) // that caller has gone; this one goes on
			default:
				return nil, f.err
			}
		}
		slices.Sort(left)
	}
	return values, ctx.Err()
}

// board fills in what is remembered. It returns the places that the caller must encode, for each of which it opens a
// flight, and the flights of others by place, among them those of the caller for contents that it has twice.
func (e *Encoder) board(keys []key, places []int, values []engine.EncodedImage) (own []int, joined map[int]*flight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	joined = map[int]*flight{}
	for _, place := range places {
		k := keys[place]
		if v, ok := e.recent.get(k); ok {
			values[place] = clone(v)
			e.stats.CacheHits++
			continue
		}
		if f, ok := e.flights[k]; ok {
			joined[place] = f
			e.stats.CacheJoined++
			continue
		}
		e.flights[k] = &flight{landed: make(chan struct{})}
		e.stats.CacheMisses++
		own = append(own, place)
	}
	return own, joined
}

// fly encodes the caller's own places and lands their flights, also when run panics.
func (e *Encoder) fly(
	keys []key, own []int, run func(places []int) ([]engine.EncodedImage, error), values []engine.EncodedImage,
) error {
	if len(own) == 0 {
		return nil
	}
	encoded, err := []engine.EncodedImage(nil), errors.New("encoding panicked")
	defer func() { e.land(keys, own, encoded, err) }()
	if encoded, err = run(own); err != nil {
		return err
	}
	for i, place := range own {
		values[place] = encoded[i]
	}
	return nil
}

// land remembers what was encoded and tells who waits for it.
func (e *Encoder) land(keys []key, own []int, encoded []engine.EncodedImage, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, place := range own {
		k := keys[place]
		f := e.flights[k]
		delete(e.flights, k)
		if f.err = err; err == nil {
			f.value = clone(encoded[i])
			if f.value.Err == nil {
				e.recent.put(k, f.value)
			}
		}
		close(f.landed)
	}
}

// clone keeps callers from changing each other's vectors.
func clone(v engine.EncodedImage) engine.EncodedImage {
	v.Vector = slices.Clone(v.Vector)
	return v
}
