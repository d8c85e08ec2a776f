package main

import (
	"fmt"
	"slices"

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
		{c.Encoder.BatchImages >= 1 && c.Encoder.BatchImages <= 1024, "encoder.batch_images", "from 1 to 1024"},
		{c.Encoder.BatchTexts >= 1 && c.Encoder.BatchTexts <= 4096, "encoder.batch_texts", "from 1 to 4096"},
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
	if err := engine.IndexConfig(c.Index).Check(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}
