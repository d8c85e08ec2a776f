package main

import (
	"errors"
	"fmt"
	"os"

	"pinax/encoder"
	"pinax/encoder/cache"
	"pinax/encoder/fusion"
	"pinax/engine"
)

// openedEncoder is the configured encoder, with its memory of what it encoded and the models that it holds open.
type openedEncoder struct {
	engine.Encoder
	engine.Thumbnailer
	models []*encoder.Encoder
}

// Close closes the models.
func (o *openedEncoder) Close() error {
	var errs []error
	for _, m := range o.models {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}

// openEncoder opens the configured encoder: a model that is installed, in a folder or bundled, or a fusion of several.
func openEncoder(cfg config, observer engine.Observer) (*openedEncoder, error) {
	o, err := openUncached(cfg, observer)
	if err != nil {
		return nil, err
	}
	if cfg.Encoder.Cache > 0 {
		o.Encoder = cache.New(o.Encoder, cfg.Encoder.Cache)
	}
	return o, nil
}

func openUncached(cfg config, observer engine.Observer) (*openedEncoder, error) {
	if cfg.Encoder.Kind == "fusion" {
		return openFusion(cfg, observer)
	}
	m, err := openModel(cfg, observer)
	if err != nil {
		return nil, err
	}
	return &openedEncoder{Encoder: m, Thumbnailer: m, models: []*encoder.Encoder{m}}, nil
}

// openModel opens the model that encoder.model names.
func openModel(cfg config, observer engine.Observer) (*encoder.Encoder, error) {
	folder, err := modelFolder(cfg)
	if err != nil {
		return nil, err
	}
	m, err := encoder.Open(folder, encoderOptions(cfg, observer))
	if err != nil && cfg.Encoder.Model != "" {
		return nil, fmt.Errorf("encoder.model %s: %w", cfg.Encoder.Model, err)
	}
	return m, err
}

// openFusion opens each model once, however many members see parts of pictures with it.
func openFusion(cfg config, observer engine.Observer) (_ *openedEncoder, err error) {
	o := &openedEncoder{}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	options := fusion.Options{Name: cfg.Encoder.Name}
	if options.Projection, err = readProjection(cfg.Encoder.Projection); err != nil {
		return nil, err
	}
	byName := map[string]*encoder.Encoder{}
	var members []fusion.Member
	for i, m := range cfg.Encoder.Members {
		model := byName[m.Model]
		if model == nil {
			one := cfg
			one.Encoder.Model = m.Model
			if model, err = openModel(one, observer); err != nil {
				return nil, fmt.Errorf("encoder.members[%d]: %w", i, err)
			}
			byName[m.Model], o.models = model, append(o.models, model)
		}
		part, err := m.part()
		if err != nil {
			return nil, fmt.Errorf("encoder.members[%d].%w", i, err)
		}
		member, err := model.Part(part)
		if err != nil {
			return nil, fmt.Errorf("encoder.members[%d]: %w", i, err)
		}
		members = append(members, fusion.Member{Encoder: member, Weight: m.Weight})
	}
	fused, err := fusion.New(members, options)
	if err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	o.Encoder, o.Thumbnailer = fused, o.models[0]
	return o, nil
}

// readProjection reads a file that `pinax fusion fit` wrote; without a path there is none.
func readProjection(path string) (*fusion.Projection, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("encoder.projection: %w", err)
	}
	p, err := fusion.ParseProjection(data)
	if err != nil {
		return nil, fmt.Errorf("encoder.projection %s: %w", path, err)
	}
	return p, nil
}
