package main

import (
	"fmt"
	"slices"
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
		{c.Storage.CheckpointEvery >= 0, "storage.checkpoint_every", "a time such as 30s"},
		{c.Storage.CheckpointEntries >= 0, "storage.checkpoint_entries", "at least 0"},
		{slices.Contains([]string{"hnsw", "flat", "coder"}, c.Index.Kind), "index.kind", "hnsw, flat or coder"},
		{c.Index.M >= 2 && c.Index.M <= 128, "index.m", "from 2 to 128"},
		{c.Index.EfConstruction >= c.Index.M && c.Index.EfConstruction <= 4096, "index.ef_construction", "from m to 4096"},
		{c.Index.EfSearch >= 1 && c.Index.EfSearch <= 10_000, "index.ef_search", "from 1 to 10000"},
	} {
		if !check.ok {
			return fmt.Errorf("configuration: %s must be %s", check.key, check.want)
		}
	}
	return nil
}
