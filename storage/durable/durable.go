// Package durable makes changes to folders survive a power loss.
//
//	err := os.Rename(temporary, place)
//	err = durable.SyncDir(filepath.Dir(place))
package durable

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// SyncDir returns when the names in a folder would survive a power loss, as far as the system can promise that.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems cannot sync a folder and say so; there is nothing more to be had from them.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
