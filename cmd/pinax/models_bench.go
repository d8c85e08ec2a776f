package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/cmd/pinax/demo"
	"pinax/encoder"
	"pinax/engine"
)

type modelsBenchCommand struct {
	modelSettings
	Name string        `arg:"" optional:"" help:"An installed model or a folder; otherwise the configured one."`
	For  time.Duration `default:"3s" help:"How long each of the four measurements takes."`
	JSON bool          `name:"json" help:"Print JSON."`
}

// modelBench is what the command prints as JSON.
type modelBench struct {
	Model       string  `json:"model"`
	Dimension   int     `json:"dimension"`
	Provider    string  `json:"provider"`
	Cores       int     `json:"cores"`
	StartMS     float64 `json:"start_ms"`               // from its files to the first answer
	MemoryBytes int64   `json:"memory_bytes,omitempty"` // of the process, more after the measurements than before the start; 0: unknown
	Texts       speed   `json:"texts"`
	Pictures    speed   `json:"pictures"`
	PictureSize string  `json:"picture_size"` // pixels
}

// speed is that of one kind of input.
type speed struct {
	MedianMS  float64 `json:"median_ms"` // one at a time
	P99MS     float64 `json:"p99_ms"`    // likewise
	PerSecond float64 `json:"per_second"`
}

// Run opens a model and encodes demo products with it.
func (cmd *modelsBenchCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	if cmd.For <= 0 {
		return errors.New("--for must be more than nothing")
	}
	if cmd.Name != "" {
		cfg.Encoder.Model = cmd.Name
	}
	input, err := newBenchInput()
	if err != nil {
		return err
	}
	before, memoryErr := memoryOfSystem()
	started := time.Now()
	enc, err := openModel(cfg, engine.Unobserved{})
	if err != nil {
		return err
	}
	info := enc.Info()
	report := modelBench{Model: info.Name, Dimension: info.Dimension, Provider: info.Provider, Cores: runtime.GOMAXPROCS(0),
		StartMS: milliseconds(time.Since(started)), PictureSize: input.size}
	err = report.measure(ctx, enc, input, cmd.For)
	after, afterErr := memoryOfSystem()
	if memoryErr == nil && afterErr == nil {
		report.MemoryBytes = after.ResidentBytes - before.ResidentBytes
	}
	if err = errors.Join(err, enc.Close()); err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	report.print(os.Stdout)
	return nil
}

// Many callers with few items each are what a server sees; they fill the batches together.
const (
	benchTexts    = 16 // in a call
	benchPictures = 8
)

func (r *modelBench) measure(ctx context.Context, enc *encoder.Encoder, input *benchInput, d time.Duration) (err error) {
	texts := func(n int) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := enc.EncodeTexts(ctx, input.texts(n))
			return err
		}
	}
	pictures := func(n int) func(context.Context) error {
		return func(ctx context.Context) error {
			encoded, err := enc.EncodeImages(ctx, input.pictures(n))
			for _, e := range encoded {
				err = errors.Join(err, e.Err)
			}
			return err
		}
	}
	if r.Texts, err = measureBoth(ctx, texts(1), texts(benchTexts), benchTexts, d); err != nil {
		return err
	}
	r.Pictures, err = measureBoth(ctx, pictures(1), pictures(benchPictures), benchPictures, d)
	return err
}

// measureBoth measures single calls one after the other, and calls of n from many callers.
func measureBoth(ctx context.Context, single, full func(context.Context) error, n int, d time.Duration) (s speed, err error) {
	latencies, _, err := repeat(ctx, single, 1, d)
	if err != nil {
		return s, err
	}
	slices.Sort(latencies)
	s.MedianMS = milliseconds(latencies[len(latencies)/2])
	s.P99MS = milliseconds(latencies[len(latencies)*99/100])
	latencies, took, err := repeat(ctx, full, 4*runtime.GOMAXPROCS(0), d)
	s.PerSecond = float64(n*len(latencies)) / took.Seconds()
	return s, err
}

// repeat has callers make calls side by side for a time, after one each that does not count, and returns how long each call
// took and all of them together.
func repeat(ctx context.Context, call func(context.Context) error, callers int, d time.Duration) ([]time.Duration, time.Duration, error) {
	if err := call(ctx); err != nil {
		return nil, 0, err
	}
	var mu sync.Mutex
	var all []time.Duration
	g, ctx := errgroup.WithContext(ctx)
	started := time.Now()
	for range callers {
		g.Go(func() error {
			for first := true; first || time.Since(started) < d; first = false {
				begun := time.Now()
				if err := call(ctx); err != nil {
					return err
				}
				mu.Lock()
				all = append(all, time.Since(begun))
				mu.Unlock()
			}
			return nil
		})
	}
	err := g.Wait()
	return all, time.Since(started), err
}

// benchInput makes texts and pictures of demo products, each different from all before: the same ones again might be
// answered from a cache.
type benchInput struct {
	products []demo.Product
	size     string
	n        atomic.Uint64
}

func newBenchInput() (*benchInput, error) {
	products, err := demo.Products()
	if err != nil {
		return nil, err
	}
	head, err := jpeg.DecodeConfig(bytes.NewReader(products[0].JPEG))
	if err != nil {
		return nil, err
	}
	return &benchInput{products: products, size: fmt.Sprintf("%d×%d", head.Width, head.Height)}, nil
}

func (b *benchInput) next() (demo.Product, uint64) {
	n := b.n.Add(1)
	return b.products[n%uint64(len(b.products))], n
}

func (b *benchInput) texts(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		product, number := b.next()
		texts[i] = fmt.Sprintf("%s %d", product.Titles["title"], number)
	}
	return texts
}

func (b *benchInput) pictures(n int) [][]byte {
	pictures := make([][]byte, n)
	for i := range pictures {
		product, number := b.next()
		pictures[i] = binary.BigEndian.AppendUint64(slices.Clone(product.JPEG), number) // behind the end of the picture
	}
	return pictures
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r modelBench) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d dimensions, on %s with %d cores\n", r.Model, r.Dimension, r.Provider, r.Cores)
	fmt.Fprintf(w, "ready after %.0f ms\n", r.StartMS)
	if r.MemoryBytes > 0 {
		fmt.Fprintf(w, "takes %s of memory\n", inUnits(r.MemoryBytes))
	}
	fmt.Fprintf(w, "texts:    %.2f ms one at a time (99 %% within %.2f ms), %.0f a second from many callers\n",
		r.Texts.MedianMS, r.Texts.P99MS, r.Texts.PerSecond)
	fmt.Fprintf(w, "pictures: %.2f ms one at a time (99 %% within %.2f ms), %.0f a second from many callers, JPEG of %s\n",
		r.Pictures.MedianMS, r.Pictures.P99MS, r.Pictures.PerSecond, r.PictureSize)
}
