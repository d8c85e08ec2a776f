package main

import (
	"context"
	"errors"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"pinax/encoder/clip"
	"pinax/engine"
	"pinax/storage/embedded"
)

// parts is everything that a server consists of below HTTP.
type parts struct {
	engine  *engine.Engine
	encoder *openedEncoder
	store   *embedded.Store
}

// openParts opens the encoder and the storage side by side, since either may take a while, and wires them into an engine.
// It returns the context's error when that ends first.
func openParts(ctx context.Context, cfg config, observer engine.Observer, logger *slog.Logger) (*parts, error) {
	var p parts
	var g errgroup.Group
	g.Go(func() (err error) { p.store, err = openStore(ctx, cfg, observer, logger); return err })
	g.Go(func() (err error) { p.encoder, err = openEncoder(cfg, observer); return err })
	if err := g.Wait(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	options := engine.DefaultOptions()
	options.Index, options.Thumbnailer = engine.IndexConfig(cfg.Index), p.encoder
	options.Videos = func(enc engine.Encoder) engine.VideoEncoder { return clip.New(enc, clip.DefaultOptions()) }
	var err error
	if p.engine, err = engine.New(p.store, []engine.Encoder{p.encoder.Encoder}, options); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return &p, nil
}

// close closes what openParts opened.
func (p *parts) close() error {
	var errs []error
	if p.encoder != nil {
		errs = append(errs, p.encoder.Close())
	}
	if p.store != nil {
		errs = append(errs, p.store.Close())
	}
	return errors.Join(errs...)
}
