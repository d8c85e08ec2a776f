package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"pinax/encoder/fusion"
	"pinax/engine"
)

type fusionCommand struct {
	Fit fusionFitCommand `cmd:"" help:"Fit a projection that makes a fusion's vectors shorter, on what a collection holds."`
}

// fusionFitCommand reads the data folder itself, so the server must not be running.
type fusionFitCommand struct {
	settings
	Data       string `help:"Folder of the database and the pictures." type:"path" placeholder:"DIR"`
	Collection string `short:"c" required:"" help:"Collection that was written with the configured fusion, without a projection."`
	Dimension  int    `short:"d" required:"" help:"Elements that vectors are to have."`
	Output     string `short:"o" type:"path" help:"File to write; by default projection-DIMENSION.bin in the data folder." placeholder:"FILE"`
}

// Run fits, writes and tells what is lost.
func (cmd *fusionFitCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load(map[string]string{"data": cmd.Data})
	if err != nil {
		return err
	}
	if cfg.Encoder.Kind != "fusion" {
		return errors.New("encoder.kind is not fusion: only a fusion's vectors are projected")
	}
	cfg.Encoder.Projection = ""
	info, err := describeEncoder(cfg)
	if err != nil {
		return err
	}
	sample, err := readSample(ctx, cfg, cmd.Collection, info)
	if err != nil {
		return err
	}
	projection, kept, err := fusion.Fit(info, sample.fitted(), cmd.Dimension)
	if err != nil {
		return err
	}
	if cmd.Output == "" {
		cmd.Output = filepath.Join(cfg.Data, fmt.Sprintf("projection-%d.bin", cmd.Dimension))
	}
	data, err := projection.MarshalBinary()
	if err != nil {
		return err
	}
	if err := writeFile(cmd.Output, data); err != nil {
		return err
	}
	fmt.Printf("%d → %d elements, fitted on %d vectors: %.4f of their squared length is left\n",
		info.Dimension, cmd.Dimension, len(sample.fitted()), kept)
	sample.report(projection)
	fmt.Printf("written to %s. Set encoder.projection to it and ingest into a new collection.\n", cmd.Output)
	return nil
}

func describeEncoder(cfg config) (engine.EncoderInfo, error) {
	enc, err := openEncoder(cfg, engine.Unobserved{})
	if err != nil {
		return engine.EncoderInfo{}, err
	}
	return enc.Info(), enc.Close()
}

// Sizes of a sample: what a covariance gains nothing from beyond, and what an exact search takes seconds for.
const (
	sampleItems   = 50_000
	sampleQueries = 200
)

// vectorSample is vectors of a collection by modality, and those of other items that ask for them.
type vectorSample struct {
	vectors, queries map[engine.Modality][][]float32
}

// readSample reads a collection's items in the order of their ids, and keeps every tenth apart until there are enough
// queries.
func readSample(ctx context.Context, cfg config, name string, info engine.EncoderInfo) (_ vectorSample, err error) {
	s := vectorSample{vectors: map[engine.Modality][][]float32{}, queries: map[engine.Modality][][]float32{}}
	store, err := openStore(ctx, cfg, engine.Unobserved{}, slog.Default())
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	collection, err := store.Collection(ctx, name)
	if err != nil {
		return s, err
	}
	if collection.Encoder.Fingerprint != info.Fingerprint {
		return s, engine.Errorf(engine.CodeEncoder, "collection %q was written with encoder %.12s, and the configured fusion is %.12s",
			name, collection.Encoder.Fingerprint, info.Fingerprint).
			WithHint("ingest into a new collection with the fusion and no encoder.projection first")
	}
	items, held := 0, 0
	for after := ""; items < sampleItems; {
		page, err := store.List(ctx, name, after, 500)
		if err != nil || len(page) == 0 {
			return s, err
		}
		for _, item := range page {
			record, err := store.Get(ctx, name, item.ID)
			if err != nil {
				return s, err
			}
			into := s.vectors
			if items%10 == 9 && held < sampleQueries {
				into = s.queries
				held++
			}
			for _, e := range record.Entries {
				into[e.Modality] = append(into[e.Modality], e.Vector)
			}
			items++
			after = item.ID
		}
	}
	return s, nil
}

// fitted returns the vectors that the projection is fitted on.
func (s vectorSample) fitted() [][]float32 {
	var all [][]float32
	for _, m := range modalities() {
		all = append(all, s.vectors[m]...)
	}
	return all
}

func modalities() []engine.Modality {
	return []engine.Modality{engine.ModalityImage, engine.ModalityText}
}

// report prints how many of the ten nearest stay, for what was not fitted on.
func (s vectorSample) report(p *fusion.Projection) {
	const k, atMost = 10, 20_000
	for _, from := range modalities() {
		for _, to := range modalities() {
			queries, vectors := s.queries[from], s.vectors[to]
			if len(queries) == 0 || len(vectors) <= k {
				continue
			}
			vectors = vectors[:min(len(vectors), atMost)]
			fmt.Printf("recall@%d of %s → %s: %.4f, by %d vectors that were kept apart among %d\n",
				k, from, to, p.Recall(vectors, queries, k), len(queries), len(vectors))
		}
	}
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".projection-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
