package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"pinax/encoder"
	"pinax/encoder/onnx"
	"pinax/engine"
	"pinax/storage/embedded"
)

func encoderOptions(cfg config, observer engine.Observer) encoder.Options {
	o := encoder.DefaultOptions()
	o.Library = onnx.Library{Path: cfg.Runtime.Library, Cache: cfg.Runtime.Cache, GPU: cfg.Runtime.GPU}
	if o.Library.GPU == "" {
		o.Library.GPU = encoder.GPUFolder()
	}
	o.Provider, o.Devices, o.DeviceMemory = onnx.Provider(cfg.Encoder.Provider), cfg.Encoder.Devices, cfg.Encoder.DeviceMemory
	o.Idle, o.EngineCache = cfg.Encoder.Idle, filepath.Join(cfg.Data, "engines")
	o.Precision = encoder.Precision(cfg.Encoder.Precision)
	o.Threads, o.BatchImages, o.BatchTexts = cfg.Encoder.Threads, cfg.Encoder.BatchImages, cfg.Encoder.BatchTexts
	o.MaxWait, o.QueueLimit = cfg.Encoder.MaxWait, cfg.Encoder.Queue
	o.Limits.Bytes, o.Limits.Pixels, o.Limits.Edge = cfg.Pictures.Bytes, cfg.Pictures.Pixels, cfg.Pictures.Edge
	o.DecodePixels, o.Observer = cfg.Pictures.PixelsAtOnce, observer
	return o
}

// openStore opens the embedded backend in the data folder, and says what it found there.
func openStore(ctx context.Context, cfg config, observer engine.Observer, logger *slog.Logger) (*embedded.Store, error) {
	o := embedded.DefaultOptions()
	o.CheckpointInterval, o.CheckpointEntries = cfg.Storage.CheckpointEvery, cfg.Storage.CheckpointEntries
	o.Logger, o.Observer = logger, observer
	store, err := embedded.Open(ctx, cfg.Data, o)
	if err != nil {
		return nil, err
	}
	found := store.OpenReport()
	logger.Info("data folder open", "took", found.Took.Round(time.Millisecond), "collections", found.Collections, "items", found.Items,
		"vectors", found.Entries, "linked", found.Linked, "graphs_built_anew", found.Damaged+found.Outdated,
		"refused", found.Refused, "bytes", found.Bytes)
	return store, nil
}
