package enginetest

import (
	"bytes"
	"context"
	"hash/fnv"
	"math"
	"strings"
	"sync"

	"pinax/engine"
)

// PictureHead begins the bytes of everything that Encoder takes for a picture; the words behind it are what it shows.
const PictureHead = "picture:"

// Void is a word without meaning: a text that has it gets no direction.
const Void = "*void*"

// Picture returns a picture that shows words.
func Picture(words string) []byte { return []byte(PictureHead + words) }

// Encoder is an encoder of bags of words: texts and pictures of the same words get the same vector, and the cosine of two
// grows with the words that they share.
type Encoder struct {
	Dimension int
	Name      string
	Print     string // the fingerprint

	mu    sync.Mutex
	calls Calls
}

// Calls counts what was encoded.
type Calls struct{ Texts, Images int }

var _ engine.Encoder = (*Encoder)(nil)

// NewEncoder returns an encoder of the given dimension.
func NewEncoder(dimension int) *Encoder {
	return &Encoder{Dimension: dimension, Name: "words", Print: "print-1"}
}

// Calls returns what was encoded so far.
func (e *Encoder) Calls() Calls {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

// Info implements engine.Encoder.
func (e *Encoder) Info() engine.EncoderInfo {
	return engine.EncoderInfo{
		Name: e.Name, Fingerprint: e.Print, Dimension: e.Dimension, Languages: []string{"en"}, Licence: "Apache-2.0",
		Provider: "cpu", LogitScale: 20, ImageSize: 80, MaxTokens: 24,
	}
}

// EncodeTexts implements engine.Encoder.
func (e *Encoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.calls.Texts += len(texts)
	e.mu.Unlock()
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if !strings.Contains(text, Void) {
			vectors[i] = e.Vector(text)
		}
	}
	return vectors, nil
}

// EncodeImages implements engine.Encoder.
func (e *Encoder) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.calls.Images += len(images)
	e.mu.Unlock()
	out := make([]engine.EncodedImage, len(images))
	for i, data := range images {
		if len(data) == 0 {
			out[i].Err = engine.Errorf(engine.CodeUnprocessable, "a picture of no bytes")
			continue
		}
		words, ok := bytes.CutPrefix(data, []byte(PictureHead))
		if !ok {
			out[i].Err = engine.Errorf(engine.CodeMediaType, "not a picture that is decoded")
			continue
		}
		out[i] = engine.EncodedImage{Vector: e.Vector(string(words)), Type: "image/png", Width: 60, Height: 80}
	}
	return out, nil
}

// Vector is the L2-normalised sum of one pseudo-random direction a word.
func (e *Encoder) Vector(text string) []float32 {
	sum := make([]float64, e.Dimension)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(word)) // a hash never fails
		state := h.Sum64()
		for i := range sum {
			state = state*6364136223846793005 + 1442695040888963407
			sum[i] += float64(int64(state)) / math.MaxInt64
		}
	}
	var norm float64
	for _, x := range sum {
		norm += x * x
	}
	v := make([]float32, e.Dimension)
	for i, x := range sum {
		v[i] = float32(x / math.Sqrt(norm))
	}
	return v
}
