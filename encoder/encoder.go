package encoder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"pinax/encoder/batch"
	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/encoder/tokenizer"
	"pinax/engine"
)

// Encoder implements engine.Encoder and engine.Thumbnailer with the model of one folder.
type Encoder struct {
	info         engine.EncoderInfo
	options      Options
	preprocessor *picture.Preprocessor
	tokenizer    tokenizer.Tokenizer
	vision       *visionTower
	text         *textTower

	decoding *batch.Queue[task, struct{}]
	pixels   pixelBudget // of the pictures that are being decoded
	images   *batch.Queue[*tensor, []float32]
	texts    *batch.Queue[tokens, []float32]
}

// task is work on one picture that needs a core and no model.
type task func() error

var (
	_ engine.Encoder     = (*Encoder)(nil)
	_ engine.Thumbnailer = (*Encoder)(nil)
)

// Open loads the model in a folder and runs it once. The caller must Close it. A file that is missing or damaged gives
// an *engine.Error with CodeDamaged that names it; a library that cannot be loaded gives CodeUnavailable.
func Open(fsys fs.FS, o Options) (*Encoder, error) {
	o = o.withDefaults()
	f, err := readFolder(fsys, o.Precision)
	if err != nil {
		return nil, err
	}
	if len(f.unverified) > 0 {
		slog.Warn("model files have no checksum in "+cardFile+"; a damaged one would give wrong vectors",
			"files", f.unverified)
	}
	e, fallback, err := firstThat(o.attempts(onnx.HasNVIDIA()), func(a attempt) (*Encoder, error) { return openOn(a, f, o) })
	if err != nil {
		return nil, err
	}
	if fallback != "" {
		e.info.Fallback = fallback
	}
	return e, nil
}

// openOn opens an encoder with one provider. A provider other than the CPU has to prove first that it does the work.
func openOn(a attempt, f *folder, o Options) (*Encoder, error) {
	rt, err := onnx.Start(a.library)
	switch {
	case err != nil && a.library.GPU != "":
		return nil, providerError(a.provider, err)
	case err != nil:
		return nil, libraryError(err)
	}
	l := loader{runtime: rt, options: onnx.SessionOptions{Provider: a.provider, Devices: o.Devices,
		MemoryLimit: o.DeviceMemory, Idle: o.Idle, EngineCache: o.EngineCache}}
	var warning string
	if a.provider != onnx.CPU {
		if warning, err = prove(l, f, o); err != nil {
			return nil, err
		}
	}
	e, err := openTowers(l, f, o)
	if err != nil {
		return nil, err
	}
	if warning != "" {
		slog.Warn("PART OF THE MODEL RUNS ON THE CPU", "provider", a.provider, "placement", warning)
		e.info.Fallback = warning
	}
	e.startQueues()
	return e, nil
}

// prove runs the towers once while the library records where.
func prove(l loader, f *folder, o Options) (warning string, err error) {
	if l.options.Profile, err = onnx.NewProfile(); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.options.Profile.Close()) }()
	o.Observer = engine.Unobserved{}
	e, err := openTowers(l, f, o)
	if err != nil {
		return "", err
	}
	if err := e.closeTowers(); err != nil {
		return "", providerError(l.options.Provider, err)
	}
	placements, err := l.options.Profile.Placements()
	if err != nil {
		return "", providerError(l.options.Provider, err)
	}
	for _, placement := range placements { // each by itself: a fast tower must not hide a slow one
		lacking, err := judge(l.options.Provider, placement)
		if err != nil {
			return "", providerError(l.options.Provider, err)
		}
		warning = cmp.Or(warning, lacking)
	}
	return warning, nil
}

// openTowers loads both towers and runs them once.
func openTowers(l loader, f *folder, o Options) (*Encoder, error) {
	e := &Encoder{options: o, preprocessor: f.preprocessor, tokenizer: f.tokenizer}
	var err error
	if e.vision, err = openVision(l, f, o.Observer); err != nil {
		return nil, err
	}
	if e.text, err = openText(l, f, o.Observer); err != nil {
		return nil, errors.Join(err, e.vision.session.Close())
	}
	if err := e.settleDimension(f); err != nil {
		return nil, errors.Join(err, e.closeTowers())
	}
	e.info = info(f, e.text.dimension)
	e.info.Provider = string(l.options.Provider)
	if l.options.Provider != onnx.CPU {
		e.info.Devices = l.options.Devices
	}
	if err := e.warmUp(); err != nil {
		if p := l.options.Provider; p != onnx.CPU {
			return nil, errors.Join(providerError(p, err), e.closeTowers())
		}
		return nil, errors.Join(damaged("the model does not run: %w", err), e.closeTowers())
	}
	return e, nil
}

func (e *Encoder) closeTowers() error {
	return errors.Join(e.vision.session.Close(), e.text.session.Close())
}

// settleDimension makes both towers agree on a dimension; config.json speaks for a graph that does not say.
func (e *Encoder) settleDimension(f *folder) error {
	for _, t := range []*tower{e.vision.tower, e.text.tower} {
		if t.dimension == 0 {
			t.dimension = f.config.Dimension
		}
	}
	v, t := e.vision.dimension, e.text.dimension
	if v == 0 || v != t {
		return damaged("%s makes vectors of dimension %d and %s of %d", f.vision.path, v, f.text.path, t)
	}
	if f.config.Dimension != 0 && f.config.Dimension != v {
		return damaged("%s says dimension %d, and the towers say %d", configFile, f.config.Dimension, v)
	}
	return nil
}

func info(f *folder, dimension int) engine.EncoderInfo {
	_, height, width := f.preprocessor.Shape()
	scale, bias := f.logit()
	return engine.EncoderInfo{
		Name:        f.name(),
		Fingerprint: f.fingerprint,
		Dimension:   dimension,
		Languages:   f.card.Languages,
		Licence:     f.card.Licence,
		LogitScale:  scale,
		LogitBias:   bias,
		ImageSize:   max(height, width),
		MaxTokens:   f.tokenizer.MaxTokens(),
	}
}

func (e *Encoder) startQueues() {
	o := e.options
	e.pixels = newPixelBudget(o.DecodePixels)
	e.decoding = batch.New(batch.Options{Workers: o.Threads, Capacity: o.QueueLimit, MaxBlocked: o.QueueLimit},
		func(tasks []task) ([]struct{}, error) { return make([]struct{}, 1), tasks[0]() })
	// Only the decoding workers submit to it. They wait for room, so that few tensors exist at a time.
	images, workers := o.batchImages(e.vision.session.Parallel()), o.workers(e.vision.session.Parallel())
	e.images = batch.New(batch.Options{MaxItems: atMost(images, e.vision.maxBatch), Workers: workers,
		Capacity: images * workers, MaxBlocked: o.Threads, MaxWait: o.MaxWait}, e.vision.run)
	e.texts = batch.New(batch.Options{MaxItems: o.batchTexts(e.text.session.Parallel()), Workers: o.workers(e.text.session.Parallel()),
		Capacity: o.QueueLimit, MaxBlocked: o.QueueLimit, MaxWait: o.MaxWait}, e.text.run)
}

// atMost returns n, or the limit if that is smaller and not zero.
func atMost(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

// warmUp runs both towers: the first run allocates, and a graph that cannot run should fail now. A device is given full
// batches, as often as it takes runs at once, so that what it lacks memory for fails now as well.
func (e *Encoder) warmUp() error {
	ids, err := e.tokenizer.Encode("warm-up")
	if err != nil {
		return err
	}
	parallel := e.vision.session.Parallel()
	size := 1
	if parallel > 0 {
		size = atMost(e.options.batchImages(parallel), e.vision.maxBatch)
	}
	for range max(1, parallel) {
		if _, err := e.text.run([]tokens{{ids: ids}}); err != nil {
			return fmt.Errorf("text tower: %w", err)
		}
		black := make([]*tensor, size)
		for i := range black {
			black[i] = e.vision.tensor()
			clear(black[i].pixels)
		}
		if _, err := e.vision.run(black); err != nil {
			return fmt.Errorf("vision tower: %w", err)
		}
	}
	return nil
}

// Info implements engine.Encoder.
func (e *Encoder) Info() engine.EncoderInfo { return e.info }

// Close lets accepted work end and frees the model. Calls after it, and callers that were still waiting for room, get
// CodeUnavailable. Closing twice is no error.
func (e *Encoder) Close() error {
	e.decoding.Close()
	e.images.Close()
	e.texts.Close()
	return e.closeTowers()
}

// EncodeTexts implements engine.Encoder. A text that is not valid UTF-8 fails the call with CodeInvalid.
func (e *Encoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is still queued when the call fails is not run
	tickets := make([]*batch.Ticket[tokens, []float32], len(texts))
	for i, text := range texts {
		start := time.Now()
		ids, err := e.tokenizer.Encode(text)
		if err != nil {
			return nil, engine.Errorf(engine.CodeInvalid, "text %d: %w", i, err)
		}
		if tickets[i], err = e.texts.Submit(ctx, tokens{ids: ids, took: time.Since(start)}); err != nil {
			return nil, callError(err)
		}
	}
	vectors := make([][]float32, len(texts))
	for i, ticket := range tickets {
		var err error
		if vectors[i], err = ticket.Wait(); err != nil {
			return nil, callError(err)
		}
	}
	return vectors, nil
}
