package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pinax/encoder"
	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/engine"
)

// validate returns what is wrong with a value that was read without fault and would only hurt later.
func (c config) validate() error {
	for _, check := range []struct {
		ok   bool
		key  string
		want string
	}{
		{c.Data != "", "data", "a folder"},
		{c.Server.Listen != "", "server.listen", "an address and port"},
		{c.Server.BodyBytes >= 1<<10, "server.body_bytes", "at least 1024"},
		{c.Server.InflightBytes >= c.Server.BodyBytes, "server.inflight_bytes", "at least server.body_bytes"},
		{c.Server.Grace >= 0, "server.grace", "a time such as 20s"},
		{slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level), "log.level", "debug, info, warn or error"},
		{slices.Contains([]string{"text", "json"}, c.Log.Format), "log.format", "text or json"},
		{c.Encoder.Threads >= 0 && c.Encoder.Threads <= 1024, "encoder.threads", "from 0 to 1024"},
		{slices.Contains([]string{"model", "fusion"}, c.Encoder.Kind), "encoder.kind", "model or fusion"},
		{c.Encoder.Kind != "fusion" || len(c.Encoder.Members) > 1, "encoder.members", "at least two, as encoder.kind is fusion"},
		{c.Encoder.Kind != "fusion" || c.Encoder.Model == "", "encoder.model", "empty, as encoder.kind is fusion: members name models"},
		{c.Encoder.Kind == "fusion" || len(c.Encoder.Members) == 0, "encoder.members", "empty, or encoder.kind fusion"},
		{c.Encoder.Kind == "fusion" || c.Encoder.Projection == "", "encoder.projection", "empty, or encoder.kind fusion"},
		{slices.Contains(providers(), c.Encoder.Provider), "encoder.provider", "one of " + strings.Join(providers(), ", ")},
		{!slices.ContainsFunc(c.Encoder.Devices, func(d int) bool { return d < 0 }), "encoder.devices", "numbers from 0"},
		{c.Encoder.DeviceMemory >= 0, "encoder.device_memory", "at least 0"},
		{c.Encoder.Idle >= 0, "encoder.idle", "a time such as 10m"},
		{c.Encoder.Cache >= 0, "encoder.cache", "at least 0"},
		{c.Encoder.BatchImages >= 0 && c.Encoder.BatchImages <= 1024, "encoder.batch_images", "from 0 to 1024"},
		{c.Encoder.BatchTexts >= 0 && c.Encoder.BatchTexts <= 4096, "encoder.batch_texts", "from 0 to 4096"},
		{c.Encoder.MaxWait >= 0, "encoder.max_wait", "a time such as 2ms"},
		{c.Encoder.Queue >= 1, "encoder.queue", "at least 1"},
		{c.Pictures.Bytes >= 1, "pictures.bytes", "at least 1"},
		{c.Pictures.Pixels >= 1, "pictures.pixels", "at least 1"},
		{c.Pictures.Edge >= 1, "pictures.edge", "at least 1"},
		{c.Pictures.PixelsAtOnce >= 1, "pictures.pixels_at_once", "at least 1"},
		{c.Storage.CheckpointEvery >= 0, "storage.checkpoint_every", "a time such as 30s"},
		{c.Storage.CheckpointEntries >= 0, "storage.checkpoint_entries", "at least 0"},
	} {
		if !check.ok {
			return fmt.Errorf("configuration: %s must be %s", check.key, check.want)
		}
	}
	for i, m := range c.Encoder.Members {
		if err := m.validate(); err != nil {
			return fmt.Errorf("configuration: encoder.members[%d].%w", i, err)
		}
	}
	if err := engine.IndexConfig(c.Index).Check(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

// providers are the values of encoder.provider.
func providers() []string {
	names := []string{string(encoder.Auto)}
	for _, p := range onnx.Providers() {
		names = append(names, string(p))
	}
	return names
}

func (m memberConfig) validate() error {
	if !(m.Weight > 0) || math.IsInf(m.Weight, 0) {
		return fmt.Errorf("weight must be more than 0")
	}
	_, err := m.part()
	return err
}

// part returns the part of pictures that a member sees.
func (m memberConfig) part() (picture.Part, error) {
	if len(m.Crop) == 0 {
		return picture.Whole(), nil
	}
	if len(m.Crop) != 4 {
		return picture.Part{}, fmt.Errorf("crop must be four numbers: left, top, right and bottom")
	}
	part := picture.Part{Left: m.Crop[0], Top: m.Crop[1], Right: m.Crop[2], Bottom: m.Crop[3]}
	if err := part.Check(); err != nil || part == (picture.Part{}) {
		return picture.Part{}, fmt.Errorf("crop must be left, top, right and bottom, from 0 to 1, as in [0.1, 0.1, 0.9, 0.9]")
	}
	return part, nil
}
