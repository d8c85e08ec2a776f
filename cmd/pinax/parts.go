package main

import (
	"errors"
	"log/slog"

	"pinax/encoder"
	"pinax/engine"
	"pinax/storage/embedded"
)

// parts is everything that a server consists of below HTTP.
type parts struct {
	engine  *engine.Engine
	encoder *encoder.Encoder
	store   *embedded.Store
}

// openParts opens the encoder and the storage and wires them into an engine.
func openParts(cfg config, observer engine.Observer, logger *slog.Logger) (*parts, error) {
	store, err := openStore(cfg, observer, logger) // first: a folder that cannot be served is found at once
	if err != nil {
		return nil, err
	}
	enc, err := openEncoder(cfg, observer)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	options := engine.DefaultOptions()
	options.Index, options.Thumbnailer = engine.IndexConfig(cfg.Index), enc
	e, err := engine.New(store, []engine.Encoder{enc}, options)
	p := &parts{engine: e, encoder: enc, store: store}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// close closes what openParts opened, the writers first.
func (p *parts) close() error { return errors.Join(p.encoder.Close(), p.store.Close()) }
