// Command sweep measures how many rows a second one graph takes at several sizes of batch, through the same sessions as
// the server's. It prints JSON.
//
//	sweep -graph onnx/vision_model.onnx -shape 3,224,224 -provider cuda -gpu bin/gpu -batches 1,8,64
//	sweep -graph onnx/text_model.onnx -shape 16 -output text_embeds -provider cuda -gpu bin/gpu
//
// Inputs of floats are noise and inputs of integers ones. Their first size is the batch, the others are -shape.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pinax/encoder/onnx"
)

type options struct {
	graph, output  string
	shape, batches []int
	callers        int
	duration       time.Duration
	library        onnx.Library
	session        onnx.SessionOptions
}

// report is what is printed. Placement is empty on the CPU.
type report struct {
	Provider  onnx.Provider `json:"provider"`
	Placement string        `json:"placement"`
	Points    []point       `json:"points"`
}

// point is one size of batch.
type point struct {
	Batch     int     `json:"batch"`
	PerSecond float64 `json:"per_second"` // rows
	RunMS     float64 `json:"run_ms"`     // of one run, mean
}

func main() {
	o, err := parse()
	if err == nil {
		err = run(o)
	}
	if err != nil {
		slog.Error("sweep failed", "error", err)
		os.Exit(1)
	}
}

func parse() (options, error) {
	var o options
	var shape, batches, provider string
	flag.StringVar(&o.graph, "graph", "", "an .onnx file")
	flag.StringVar(&o.output, "output", "image_embeds", "output to compute")
	flag.StringVar(&shape, "shape", "", "sizes of a row, as in 3,224,224")
	flag.StringVar(&batches, "batches", "1,2,4,8,16,32,64,128,256", "sizes of batch")
	flag.StringVar(&provider, "provider", "cuda", "execution provider")
	flag.IntVar(&o.callers, "callers", 2, "runs at once")
	flag.DurationVar(&o.duration, "for", 3*time.Second, "time a size")
	flag.StringVar(&o.library.GPU, "gpu", "", "folder of GPU libraries")
	flag.StringVar(&o.library.Path, "library", "", "an ONNX Runtime library")
	flag.Parse()
	o.session = onnx.SessionOptions{Provider: onnx.Provider(provider)}
	var err error
	if o.shape, err = numbers(shape); err != nil {
		return o, fmt.Errorf("-shape: %w", err)
	}
	if o.batches, err = numbers(batches); err != nil {
		return o, fmt.Errorf("-batches: %w", err)
	}
	return o, nil
}

func numbers(list string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no list of numbers", list)
		}
		all = append(all, n)
	}
	return all, nil
}

func run(o options) error {
	rt, err := onnx.Start(o.library)
	if err != nil {
		return err
	}
	r := report{Provider: o.session.Provider}
	if r.Placement, err = placement(rt, o); err != nil {
		return err
	}
	s, err := rt.OpenSession(o.graph, o.session)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, n := range o.batches {
		p, err := measure(s, o, n)
		if err != nil {
			return fmt.Errorf("batch of %d: %w", n, err)
		}
		r.Points = append(r.Points, p)
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// placement runs the graph once while the library records where, so that no number is of another device.
func placement(rt *onnx.Runtime, o options) (string, error) {
	profile, err := onnx.NewProfile()
	if err != nil {
		return "", err
	}
	defer profile.Close()
	profiled := o.session
	profiled.Profile = profile
	s, err := rt.OpenSession(o.graph, profiled)
	if err != nil {
		return "", err
	}
	b, err := newBatch(s, o, o.batches[0])
	if err == nil {
		err = b.run()
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return "", err
	}
	where, err := profile.Placements()
	if err != nil {
		return "", err
	}
	if where[0][o.session.Provider].Nodes == 0 {
		return "", fmt.Errorf("%s ran nothing: %v", o.session.Provider, where[0])
	}
	return where[0].String(), nil
}

// batch is the inputs of a run and room for its output.
type batch struct {
	session *onnx.Session
	inputs  []onnx.Tensor
	output  onnx.Port
	shape   []int64
	dst     []float32
}

func newBatch(s *onnx.Session, o options, n int) (*batch, error) {
	b := &batch{session: s}
	size, shape := n, []int64{int64(n)}
	for _, edge := range o.shape {
		size *= edge
		shape = append(shape, int64(edge))
	}
	for _, port := range s.Inputs {
		t := onnx.Tensor{Name: port.Name, Shape: shape}
		if port.Type.Float() {
			t.Floats = make([]float32, size)
			for i := range t.Floats {
				t.Floats[i] = float32(rand.NormFloat64())
			}
		} else {
			t.Ints = make([]int64, size)
			for i := range t.Ints {
				t.Ints[i] = 1
			}
		}
		b.inputs = append(b.inputs, t)
	}
	for _, port := range s.Outputs {
		if port.Name == o.output && len(port.Shape) == 2 && port.Shape[1] > 0 {
			b.output, b.shape = port, []int64{int64(n), port.Shape[1]}
			b.dst = make([]float32, b.shape[0]*b.shape[1])
			return b, nil
		}
	}
	return nil, fmt.Errorf("no output %q of a known size among %v", o.output, s.Outputs)
}

func (b *batch) run() error { return b.session.Run(b.inputs, b.output.Name, b.shape, b.dst) }

// measure lets callers run batches of n for a while, after a few that are not counted.
func measure(s *onnx.Session, o options, n int) (point, error) {
	batches := make([]*batch, o.callers)
	for i := range batches {
		var err error
		if batches[i], err = newBatch(s, o, n); err != nil {
			return point{}, err
		}
		for range 3 {
			if err := batches[i].run(); err != nil {
				return point{}, err
			}
		}
	}
	var runs atomic.Int64
	var failed atomic.Pointer[error]
	var callers sync.WaitGroup
	start := time.Now()
	for _, b := range batches {
		callers.Go(func() {
			for time.Since(start) < o.duration && failed.Load() == nil {
				if err := b.run(); err != nil {
					failed.Store(&err)
				}
				runs.Add(1)
			}
		})
	}
	callers.Wait()
	if err := failed.Load(); err != nil {
		return point{}, *err
	}
	seconds, done := time.Since(start).Seconds(), float64(runs.Load())
	return point{Batch: n, PerSecond: float64(n) * done / seconds, RunMS: 1000 * seconds * float64(o.callers) / done}, nil
}
