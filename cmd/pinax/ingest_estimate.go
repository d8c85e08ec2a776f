package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"pinax/client"
	"pinax/engine"
)

// estimate is what an import would take of the server's memory.
type estimate struct {
	rows, vectors int // of the source
	collection    client.Collection
	available     int64 // bytes; -1: the server does not know
}

// estimateImport asks the server what there is. Servers that cannot say leave it open.
func estimateImport(ctx context.Context, c *client.Client, collection string, rows, vectors int) (estimate, error) {
	e := estimate{rows: rows, vectors: vectors, available: -1}
	var err error
	if e.collection, err = c.Collection(ctx, collection); err != nil {
		return e, err
	}
	stats, err := c.Stats(ctx)
	var refused *client.Error
	switch {
	case errors.As(err, &refused) && refused.Code == "not_found": // of a version before there were any
		return e, nil
	case err != nil:
		return e, err
	}
	if stats.Memory != nil {
		e.available = stats.Memory.AvailableBytes
	}
	return e, nil
}

// String is the estimate in one line.
func (e estimate) String() string {
	if e.vectors < 0 {
		return "how much memory this takes is unknown: the source cannot be counted beforehand"
	}
	config, dimension := indexConfigOf(e.collection), e.collection.Encoder.Dimension
	room := "the server does not know how much there is"
	if e.available >= 0 {
		room = inUnits(e.available) + " available"
	}
	return fmt.Sprintf("about %d vectors of %d rows: %s of memory in the index at %.0f bytes a vector (%s, quantizer %s, memory %s), "+
		"%s for ids; %s", e.vectors, e.rows, inUnits(engine.EstimateBytes(config, dimension, e.vectors)),
		engine.BytesPerVector(config, dimension), config.Kind, config.Quantizer, config.Memory,
		inUnits(engine.IDBytes*int64(e.vectors)), room)
}

// check returns an error for an import that does not fit, and tells w when that is open or does not matter. Vectors that
// the collection has already may be those of the source, from a run that was interrupted, so only what goes beyond them is
// held against the memory.
func (e estimate) check(w io.Writer, force bool) error {
	if e.vectors < 0 || e.available < 0 {
		return nil
	}
	config, dimension := indexConfigOf(e.collection), e.collection.Encoder.Dimension
	fitting := engine.VectorsThatFit(config, dimension, e.available)
	there := e.collection.Entries.Image.Vectors + e.collection.Entries.Text.Vectors
	switch {
	case e.vectors <= fitting:
		return nil
	case e.vectors-there <= fitting:
		fmt.Fprintf(w, "that fits only if the %d vectors that %q has already are of the same source\n", there, e.collection.Name)
		return nil
	case force:
		fmt.Fprintf(w, "that does not fit: the server has room for about %d more vectors; going on because of --force\n", fitting)
		return nil
	}
	return fmt.Errorf("this import does not fit into the server's memory: about %d vectors, and there is room for %d more\n  %s\n"+
		"  --force imports all the same", e.vectors, fitting, e.wayOut())
}

// wayOut names the settings that take least, if they take less than those that the collection has.
func (e estimate) wayOut() string {
	now, dimension := indexConfigOf(e.collection), e.collection.Encoder.Dimension
	least := now
	least.Kind, least.Memory, least.Quantizer = "hnsw", "codes", "int4"
	before, after := engine.BytesPerVector(now, dimension), engine.BytesPerVector(least, dimension)
	if after >= before {
		return "give the server more memory, or import less"
	}
	advice := fmt.Sprintf("a collection made with index.memory codes and index.quantizer int4 takes %.0f bytes a vector instead of %.0f",
		after, before)
	if engine.VectorsThatFit(least, dimension, e.available) < e.vectors {
		return advice + ", which is still too much: give the server more memory, or import less"
	}
	return advice + ", and fits"
}
