package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"pinax/cmd/pinax/demo"
	"pinax/engine"
)

// demoCollection is the collection that `serve --demo` makes.
const demoCollection = "demo"

// demoProducts draws the demo catalogue.
func demoProducts() ([]engine.ItemInput, error) {
	products, err := demo.Products()
	if err != nil {
		return nil, err
	}
	items := make([]engine.ItemInput, len(products))
	for i, p := range products {
		items[i] = engine.ItemInput{ID: p.ID, Texts: p.Titles, Images: [][]byte{p.JPEG}, Attributes: p.Attributes}
	}
	return items, nil
}

// fillDemo puts the demo catalogue into a collection of its own when there is no collection yet. Cut short, it leaves none.
func fillDemo(ctx context.Context, e *engine.Engine, logger *slog.Logger) error {
	existing, err := e.Collections(ctx, "", 1)
	if err != nil || len(existing) > 0 {
		return err
	}
	products, err := demoProducts()
	if err != nil {
		return err
	}
	if _, err := e.CreateCollection(ctx, engine.CollectionInput{Name: demoCollection}); err != nil {
		return err
	}
	results, err := e.UpsertBatch(ctx, demoCollection, products)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		// Half a catalogue would stay half for ever, since the next start finds a collection.
		return fmt.Errorf("demo catalogue: %w", errors.Join(err, e.DropCollection(context.WithoutCancel(ctx), demoCollection)))
	}
	logger.Info("demo catalogue stored", "collection", demoCollection, "items", len(products))
	return nil
}
