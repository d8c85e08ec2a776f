package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// checkpointRest is how many times as long as the last checkpoint took the next one waits at least, so that the
// graphs of a large collection under constant change do not occupy the disk.
const checkpointRest = 10

// checkpointLoop writes graphs when enough has changed in them or enough time has passed.
func (s *Store) checkpointLoop() {
	tick := time.NewTicker(checkpointTick(s.options))
	defer tick.Stop()
	last, took := time.Now(), time.Duration(0)
	for {
		select {
		case <-s.background.ctx.Done():
			return
		case <-tick.C:
		}
		since := time.Since(last)
		if since < checkpointRest*took || !s.checkpointDue(since) {
			continue
		}
		start := time.Now()
		if err := s.checkpointAll(s.background.ctx); err != nil && s.background.ctx.Err() == nil {
			s.options.Logger.Warn("the graphs could not be written; trying again later", "error", err)
		}
		last, took = time.Now(), time.Since(start)
	}
}

// checkpointTick is how often checkpointLoop looks.
func checkpointTick(o Options) time.Duration {
	if o.CheckpointInterval <= 0 {
		return time.Second
	}
	return min(time.Second, o.CheckpointInterval)
}

func (s *Store) checkpointDue(since time.Duration) bool {
	for _, c := range s.all() {
		for _, sp := range c.spaces {
			n := sp.changes.Load()
			late := s.options.CheckpointInterval > 0 && since >= s.options.CheckpointInterval
			many := s.options.CheckpointEntries > 0 && n >= int64(s.options.CheckpointEntries)
			if n > 0 && (late || many) {
				return true
			}
		}
	}
	return false
}

// checkpointAll writes every graph that has changed since it was last written.
func (s *Store) checkpointAll(ctx context.Context) error {
	var errs []error
	for _, c := range s.all() {
		for _, m := range engine.Modalities {
			if c.spaces[m].changes.Load() == 0 {
				continue
			}
			if err := s.checkpoint(ctx, c, c.spaces[m]); err != nil && !gone(err) {
				errs = append(errs, fmt.Errorf("checkpoint of %s in collection %q: %w", m, c.info.Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// gone tells whether a collection was dropped while it was being worked on.
func gone(err error) bool { return engine.CodeOf(err) == engine.CodeNotFound }

// checkpoint writes what has changed in one graph since it was last written, or, when such changes have grown as large as
// the graph, all of it. The chunks go through the writer between other work. The last transaction makes them valid; until
// then what was there before is.
func (s *Store) checkpoint(ctx context.Context, c *collection, sp *space) error {
	start := time.Now()
	// Both are read before the graph is: what is linked meanwhile may be in it, and then counts twice, which does no harm.
	changes, covered := sp.changes.Load(), sp.linked.Load()
	old := sp.written
	h := graphHeader{generation: old.generation, base: old.base}
	if old.rewriteDue(s.rewriteFrom) {
		h, old = graphHeader{}, graphHeader{}
	}
	chunks := newChunkWriter(s.chunk, old.sum)
	// Until the new header is written, the index believes in changes that no database has.
	sp.written = graphHeader{}
	// The index is locked while it is written, and the writer may be waiting for it, so nothing here may wait for the writer.
	if err := sp.index.Checkpoint(chunks, old.chunks > 0); err != nil {
		return err
	}
	h.covered, h.size, h.chunks, h.sum = covered, old.size+chunks.size, old.chunks+uint64(len(chunks.chunks)), chunks.sum
	if old.chunks == 0 {
		h.base = h.size
	}
	if err := s.writeChunks(ctx, c, sp, &h, old.chunks, chunks.chunks); err != nil {
		return err
	}
	sp.written = h
	sp.changes.Add(-changes)
	timed(s.options.Observer, engine.StageCheckpoint, start, sp.index.Len())
	s.options.Logger.Debug("graph written", "collection", c.info.Name, "modality", sp.modality, "changes", old.chunks > 0,
		"bytes", chunks.size, "took", time.Since(start))
	return nil
}

// writeChunks stores chunks behind the first ones that there are, and then the header that makes them valid. A header
// without a generation gets a new one.
func (s *Store) writeChunks(ctx context.Context, c *collection, sp *space, h *graphHeader, first uint64, chunks [][]byte) error {
	for i, chunk := range chunks {
		err := s.writeGraph(ctx, c, sp, len(chunk), func(b *bolt.Bucket) (err error) {
			if h.generation == 0 {
				if h.generation, err = b.NextSequence(); err != nil {
					return err
				}
			}
			return b.Put(chunkKey(h.generation, first+uint64(i)), chunk)
		})
		if err != nil {
			return err
		}
	}
	return s.writeGraph(ctx, c, sp, 0, func(b *bolt.Bucket) error {
		if err := b.Put(keyGraphHeader, h.encode()); err != nil {
			return err
		}
		return removeOtherChunks(b, h)
	})
}

// writeGraph changes the bucket of a graph, unless its collection has been dropped.
func (s *Store) writeGraph(ctx context.Context, c *collection, sp *space, bytes int, fn func(*bolt.Bucket) error) error {
	var rejected error
	err := s.writer.do(ctx, &job{bytes: bytes, apply: func(t *transaction) error {
		b, err := t.buckets(c)
		if err != nil {
			return err
		}
		if b == nil {
			rejected = errNoCollection(c.info.Name)
			return nil
		}
		return fn(b.graphs[sp.modality])
	}})
	if err != nil {
		return err
	}
	return rejected
}
