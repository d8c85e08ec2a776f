package embedded

import (
	"log/slog"
	"time"

	"pinax/engine"
)

// Options tune a store.
type Options struct {
	// CheckpointInterval is how often a changed graph is written to the database. Zero: only after CheckpointEntries and on
	// Close.
	CheckpointInterval time.Duration
	// CheckpointEntries is how many entries of a graph may change before it is written without waiting for the interval.
	// They are what opening after a crash has to link again, at 0.1 to 1 ms each. Zero: no limit. In a graph of a million
	// entries, 10,000 new ones are written in 20 ms, as 3 MB, of which the index takes no writes for 13 ms; all of it, once
	// that much has changed, in 0.3 s, as 86 MB, which memory holds meanwhile, and no writes for 75 ms.
	CheckpointEntries int
	// CheckBelow is the size in bytes up to which the database is checked page by page on opening, which takes about 0.3 s
	// a GB when it is in the system's cache. Larger ones are checked as far as they are read: all vectors on opening, items
	// when they are asked for.
	CheckBelow int64

	Logger   *slog.Logger
	Observer engine.Observer
	// NewIndex makes the index of each modality of a collection. Nil: the kind that the collection's config names.
	NewIndex NewIndex
	// InlinePictures is the size in bytes up to which a picture is kept in the database; larger ones are files. Zero: all
	// are files. It may differ from one opening to the next.
	InlinePictures int
	// Files is where the larger pictures are kept. Nil: the file system of the machine.
	Files FileSystem
}

// DefaultOptions returns the settings for a server.
func DefaultOptions() Options {
	return Options{
		CheckpointInterval: 30 * time.Second,
		CheckpointEntries:  10_000,
		CheckBelow:         1 << 30,
		InlinePictures:     64 << 10,
		Logger:             slog.Default(),
		Observer:           engine.Unobserved{},
		NewIndex:           indexOfKind,
		Files:              osFiles{},
	}
}

// filled replaces what is nil by its default.
func (o Options) filled() Options {
	d := DefaultOptions()
	if o.Logger == nil {
		o.Logger = d.Logger
	}
	if o.Observer == nil {
		o.Observer = d.Observer
	}
	if o.NewIndex == nil {
		o.NewIndex = d.NewIndex
	}
	if o.Files == nil {
		o.Files = d.Files
	}
	return o
}
