//go:build unix

// Command ceiling measures what an ingestion could reach at best: pictures decoded and run through the vision tower,
// titles tokenized and run through the text tower, on every core, with nothing stored, sent or indexed.
//
//	ceiling -model models/pinax-mini -table fashion.csv -pictures fashion_80.tar.gz
//
// It prints JSON. Reading the catalogue into memory and loading the model are not timed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"pinax/bench/catalog"
	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/encoder/tokenizer"
)

// report is what is printed.
type report struct {
	Items          int                `json:"items"`
	Seconds        float64            `json:"seconds"`
	ItemsPerSecond float64            `json:"items_per_second"`
	CPUSeconds     float64            `json:"cpu_seconds"`
	Workers        int                `json:"workers"`
	Batch          int                `json:"batch"`
	StageSeconds   map[string]float64 `json:"stage_seconds"` // of all workers together
}

func main() {
	model := flag.String("model", "models/pinax-mini", "model folder")
	table := flag.String("table", "", "CSV of products")
	pictures := flag.String("pictures", "", "tar.gz of their pictures")
	batch := flag.Int("batch", 16, "products a run of a session")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "batches under way at once, each on one thread")
	flag.Parse()

	r, err := run(*model, *table, *pictures, *batch, *workers)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		slog.Error("ceiling", "error", err)
		os.Exit(1)
	}
}

func run(model, table, pictures string, batch, workers int) (report, error) {
	products, err := catalog.Load(table, pictures)
	if err != nil {
		return report{}, err
	}
	t, err := loadTowers(model)
	if err != nil {
		return report{}, err
	}
	batches := slices.Collect(slices.Chunk(products, batch))
	stages := make([]stages, workers)
	var g errgroup.Group
	start, startCPU := time.Now(), cpuTime()
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(batches); i += workers {
				if err := t.encode(batches[i], &stages[w]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = g.Wait()
	took := time.Since(start).Seconds()
	r := report{
		Items: len(products), Seconds: took, ItemsPerSecond: float64(len(products)) / took,
		CPUSeconds: (cpuTime() - startCPU).Seconds(), Workers: workers, Batch: batch, StageSeconds: map[string]float64{},
	}
	for _, s := range stages {
		r.StageSeconds["decode"] += s.decode.Seconds()
		r.StageSeconds["encode_image"] += s.image.Seconds()
		r.StageSeconds["encode_text"] += s.text.Seconds()
	}
	return r, err
}

// cpuTime is what the process has used, in user and system mode.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// stages is the time that one worker has spent.
type stages struct{ decode, image, text time.Duration }

// towers is a model folder, loaded.
type towers struct {
	preprocessor *picture.Preprocessor
	tokenizer    tokenizer.Tokenizer
	vision, text *onnx.Session
}

func loadTowers(folder string) (*towers, error) {
	rt, err := onnx.Start(onnx.Library{})
	if err != nil {
		return nil, err
	}
	var files [4][]byte
	for i, name := range []string{"preprocessor_config.json", "tokenizer.json", "onnx/vision_model.onnx", "onnx/text_model.onnx"} {
		if files[i], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	t := &towers{}
	if t.preprocessor, err = picture.ParsePreprocessor(files[0]); err != nil {
		return nil, err
	}
	if t.tokenizer, err = tokenizer.Parse(files[1]); err != nil {
		return nil, err
	}
	if t.vision, err = rt.NewSession(files[2], onnx.SessionOptions{}); err != nil {
		return nil, err
	}
	t.text, err = rt.NewSession(files[3], onnx.SessionOptions{})
	return t, err
}

// encode makes the vectors of a batch and drops them.
func (t *towers) encode(products []catalog.Product, s *stages) error {
	start := time.Now()
	pixels, err := t.decode(products)
	if err != nil {
		return err
	}
	decoded := time.Now()
	if err := infer(t.vision, len(products), pixels); err != nil {
		return err
	}
	seen := time.Now()
	tokens, err := t.tokenize(products)
	if err != nil {
		return err
	}
	if err := infer(t.text, len(products), tokens...); err != nil {
		return err
	}
	s.decode += decoded.Sub(start)
	s.image += seen.Sub(decoded)
	s.text += time.Since(seen)
	return nil
}

// decode returns [n][channels][height][width].
func (t *towers) decode(products []catalog.Product) (onnx.Tensor, error) {
	c, h, w := t.preprocessor.Shape()
	size := c * h * w
	pixels := make([]float32, len(products)*size)
	for i, p := range products {
		if _, err := t.preprocessor.Preprocess(p.Picture, picture.DefaultLimits(), pixels[i*size:(i+1)*size]); err != nil {
			return onnx.Tensor{}, fmt.Errorf("picture of %s: %w", p.ID, err)
		}
	}
	shape := []int64{int64(len(products)), int64(c), int64(h), int64(w)}
	return onnx.Tensor{Name: "pixel_values", Shape: shape, Floats: pixels}, nil
}

// tokenize returns ids and mask, [n][the longest title of the batch].
func (t *towers) tokenize(products []catalog.Product) ([]onnx.Tensor, error) {
	titles := make([][]int64, len(products))
	longest := 0
	for i, p := range products {
		ids, err := t.tokenizer.Encode(p.Title)
		if err != nil {
			return nil, fmt.Errorf("title of %s: %w", p.ID, err)
		}
		titles[i], longest = ids, max(longest, len(ids))
	}
	ids := slices.Repeat([]int64{t.tokenizer.PadID()}, len(products)*longest)
	mask := make([]int64, len(ids))
	for i, title := range titles {
		for j, id := range title {
			ids[i*longest+j], mask[i*longest+j] = id, 1
		}
	}
	shape := []int64{int64(len(products)), int64(longest)}
	return []onnx.Tensor{
		{Name: "input_ids", Shape: shape, Ints: ids}, {Name: "attention_mask", Shape: shape, Ints: mask},
	}, nil
}

// infer runs a tower on n inputs.
func infer(tower *onnx.Session, n int, inputs ...onnx.Tensor) error {
	out := tower.Outputs[0]
	dimension := out.Shape[len(out.Shape)-1]
	vectors := make([]float32, int64(n)*dimension)
	return tower.Run(inputs, out.Name, []int64{int64(n), dimension}, vectors)
}
