package engine

import (
	"context"
	"slices"
	"time"
)

// CollectionInput asks for a new collection.
type CollectionInput struct {
	Name    string
	Encoder string      // "": the default encoder
	Index   IndexConfig // zero fields: the server's defaults
}

// CollectionInfo is a collection with what it holds.
type CollectionInfo struct {
	Collection
	Stats CollectionStats
}

// CreateCollection makes an empty collection. It is durable when it returns. CodeExists when the name is taken.
func (e *Engine) CreateCollection(ctx context.Context, in CollectionInput) (CollectionInfo, error) {
	if err := checkCollectionName(in.Name); err != nil {
		return CollectionInfo{}, err
	}
	enc, err := e.encoder(in.Encoder)
	if err != nil {
		return CollectionInfo{}, err
	}
	cfg := in.Index.withDefaults(e.options.Index)
	if err := cfg.Check(); err != nil {
		return CollectionInfo{}, err
	}
	info := enc.Info()
	c := Collection{
		Name:    in.Name,
		Encoder: EncoderRef{Name: info.Name, Fingerprint: info.Fingerprint, Dimension: info.Dimension},
		Index:   cfg,
		Created: time.Now().UTC(),
	}
	if err := e.backend.CreateCollection(ctx, c); err != nil {
		return CollectionInfo{}, err
	}
	return e.CollectionInfo(ctx, in.Name)
}

// CollectionInfo describes one collection.
func (e *Engine) CollectionInfo(ctx context.Context, name string) (CollectionInfo, error) {
	c, err := e.backend.Collection(ctx, name)
	if err != nil {
		return CollectionInfo{}, err
	}
	stats, err := e.backend.Stats(ctx, name)
	return CollectionInfo{Collection: c, Stats: stats}, err
}

// Collections describes at most limit collections whose names are greater than after, by name.
func (e *Engine) Collections(ctx context.Context, after string, limit int) ([]CollectionInfo, error) {
	all, err := e.backend.Collections(ctx)
	if err != nil {
		return nil, err
	}
	infos := []CollectionInfo{}
	for _, c := range all {
		if c.Name <= after {
			continue
		}
		if len(infos) == limit {
			break
		}
		stats, err := e.backend.Stats(ctx, c.Name)
		if CodeOf(err) == CodeNotFound {
			continue // dropped since it was listed
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, CollectionInfo{Collection: c, Stats: stats})
	}
	return infos, nil
}

// DropCollection removes a collection and everything in it.
func (e *Engine) DropCollection(ctx context.Context, name string) error {
	return e.backend.DropCollection(ctx, name)
}

// withDefaults fills the zero fields of c from d.
func (c IndexConfig) withDefaults(d IndexConfig) IndexConfig {
	if c.Kind == "" {
		c.Kind = d.Kind
	}
	if c.M == 0 {
		c.M = d.M
	}
	if c.EfConstruction == 0 {
		c.EfConstruction = d.EfConstruction
	}
	if c.EfSearch == 0 {
		c.EfSearch = d.EfSearch
	}
	if c.ExactBelow == 0 {
		c.ExactBelow = d.ExactBelow
	}
	if c.Seed == 0 {
		c.Seed = d.Seed
	}
	if c.Quantizer == "" {
		c.Quantizer = d.Quantizer
	}
	if c.Memory == "" {
		c.Memory = d.Memory
	}
	return c
}

// Check returns CodeInvalid when a setting is unknown or out of range. Zero values are out of range.
func (c IndexConfig) Check() error {
	kinds := []string{"hnsw", "flat", "coder"}
	quantizers := []string{"int8", "int4", "f16", "none"}
	memories := []string{"codes", "full"}
	switch {
	case !slices.Contains(kinds, c.Kind):
		return Errorf(CodeInvalid, "index.kind %q is unknown", clip(c.Kind)).WithHint("use hnsw, flat or coder")
	case !slices.Contains(quantizers, c.Quantizer):
		return Errorf(CodeInvalid, "index.quantizer %q is unknown", clip(c.Quantizer)).WithHint("use int8, int4, f16 or none")
	case !slices.Contains(memories, c.Memory):
		return Errorf(CodeInvalid, "index.memory %q is unknown", clip(c.Memory)).WithHint("use codes or full")
	case c.M < 2 || c.M > 128:
		return Errorf(CodeInvalid, "index.m is %d, it must be from 2 to 128", c.M)
	case c.EfConstruction < c.M || c.EfConstruction > 4096:
		return Errorf(CodeInvalid, "index.ef_construction is %d, it must be from m (%d) to 4096", c.EfConstruction, c.M)
	case c.EfSearch < 1 || c.EfSearch > maxEf:
		return Errorf(CodeInvalid, "index.ef_search is %d, it must be from 1 to %d", c.EfSearch, maxEf)
	}
	return nil
}
