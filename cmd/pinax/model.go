package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pinax/encoder"
	"pinax/encoder/store"
	"pinax/engine"
	"pinax/models"
)

// modelStore is where installed models are.
func (c config) modelStore() *store.Store {
	if c.Models.Dir != "" {
		return store.Open(c.Models.Dir)
	}
	return store.Open(filepath.Join(c.Data, "models"))
}

// modelFolder opens the folder that encoder.model names.
func modelFolder(cfg config) (fs.FS, error) {
	dir, err := modelDir(cfg)
	switch {
	case err != nil:
		return nil, fmt.Errorf("encoder.model: %w", err)
	case dir == "":
		return fs.Sub(models.FS, models.Default)
	}
	return encoder.Dir(dir), nil
}

// modelDir returns the folder of the configured model, "" for the bundled one. What looks like a path is one if it is
// there; else the name of an installed model goes before that of a folder beside the process.
func modelDir(cfg config) (string, error) {
	name := cfg.Encoder.Model
	if name == "" {
		return "", nil
	}
	isPath := filepath.IsAbs(name) || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/`+string(filepath.Separator))
	if isPath && isDir(name) {
		return name, nil
	}
	one, err := cfg.modelStore().Find(name)
	var missing *engine.Error
	switch {
	case err == nil:
		return one.Dir, nil
	case !errors.As(err, &missing) || missing.Code != engine.CodeNotFound:
		return "", err
	case isDir(name):
		return name, nil
	case name == models.Default:
		return "", nil
	}
	missing.Detail = fmt.Sprintf("%s is neither an installed model nor a folder", name)
	return "", missing
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// namesModelIn tells whether the configured model, or one of a fusion's, is the one in a folder.
func (c config) namesModelIn(dir string) bool {
	names := []string{c.Encoder.Model}
	for _, m := range c.Encoder.Members {
		names = append(names, m.Model)
	}
	there, err := os.Stat(dir)
	if err != nil {
		return false
	}
	for _, name := range names {
		c.Encoder.Model = name
		configured, err := modelDir(c)
		if err != nil || configured == "" {
			continue
		}
		if here, err := os.Stat(configured); err == nil && os.SameFile(here, there) {
			return true
		}
	}
	return false
}
