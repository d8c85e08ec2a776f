// Package store keeps the models that are installed on this machine, each in a folder of its own that encoder.Open reads.
//
//	models := store.Open("data/models")
//	installed, err := models.Pull(ctx, client, ref, store.Options{Check: opensAsEncoder})
//	installed, err = models.Find("openai/clip-vit-base-patch32")
//	differences, err := models.Verify(ctx, installed)
//
// A folder appears whole or not at all: files are brought to a folder whose name begins with a dot, checked, synced, and
// renamed. Beside them lies a manifest with where they came from and what their hashes are (docs/format/models.md). A pull
// that ended half way goes on where it was. One process at a time changes a store; any number read it.
package store
