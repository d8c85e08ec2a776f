package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/index"
)

const (
	graphVersion = 1
	// graphChunk is the size of a piece of a graph. A chunk is one job for the writer, so it bounds for how long a
	// checkpoint holds up other writes.
	graphChunk = 512 << 10
	// checkpointRest is how many times as long as the last checkpoint took the next one waits at least, so that the
	// graphs of a large collection under constant change do not occupy the disk.
	checkpointRest = 10
)

var keyGraphHeader = []byte("header") // shorter than the key of a chunk

// graphHeader describes the graph that is valid. Chunks of another generation are leftovers.
type graphHeader struct {
	generation uint64
	covered    uint64 // every entry with a key up to this one is in the graph, unless it was removed since
	size       uint64 // bytes of all chunks
	chunks     uint64
	sum        uint32 // CRC-32C of all chunks
}

func (h graphHeader) encode() []byte {
	b := newSealed(4*binary.MaxVarintLen64 + crc32.Size)
	for _, n := range [...]uint64{h.generation, h.covered, h.size, h.chunks} {
		b = binary.AppendUvarint(b, n)
	}
	return seal(graphVersion, binary.BigEndian.AppendUint32(b, h.sum))
}

func decodeGraphHeader(value []byte) (graphHeader, error) {
	payload, err := unseal("the header of a graph", graphVersion, value)
	if err != nil {
		return graphHeader{}, err
	}
	f := fields{rest: payload}
	h := graphHeader{generation: f.uvarint(), covered: f.uvarint(), size: f.uvarint(), chunks: f.uvarint()}
	h.sum = binary.BigEndian.Uint32(f.bytes(crc32.Size))
	if f.failed || len(f.rest) > 0 {
		return graphHeader{}, damagedf("the header of a graph is malformed")
	}
	return h, nil
}

// chunkKey orders the chunks of a generation one after another.
func chunkKey(generation, i uint64) []byte { return append(number(generation), number(i)...) }

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

// checkpoint writes one graph. The chunks go through the writer between other work. The last transaction makes the new
// generation the valid one and removes the old; until then the old one stays as it was.
func (s *Store) checkpoint(ctx context.Context, c *collection, sp *space) error {
	start := time.Now()
	// Both are read before the graph is: what is linked meanwhile may be in it, and then counts twice, which does no harm.
	changes, covered := sp.changes.Load(), sp.linked.Load()
	graph := newChunkWriter(s.chunk)
	// The index is locked while it is written, and the writer may be waiting for it, so nothing here may wait for the writer.
	if err := sp.index.Checkpoint(graph); err != nil {
		return err
	}
	h := graphHeader{covered: covered, size: graph.size, chunks: uint64(len(graph.chunks)), sum: graph.sum}
	for i, chunk := range graph.chunks {
		err := s.writeGraph(ctx, c, sp, len(chunk), func(b *bolt.Bucket) (err error) {
			if i == 0 {
				if h.generation, err = b.NextSequence(); err != nil {
					return err
				}
			}
			return b.Put(chunkKey(h.generation, uint64(i)), chunk)
		})
		if err != nil {
			return err
		}
	}
	err := s.writeGraph(ctx, c, sp, 0, func(b *bolt.Bucket) error {
		if err := b.Put(keyGraphHeader, h.encode()); err != nil {
			return err
		}
		return removeOtherChunks(b, h.generation)
	})
	if err != nil {
		return err
	}
	sp.changes.Add(-changes)
	sp.covered.Store(covered)
	timed(s.options.Observer, engine.StageCheckpoint, start, sp.index.Len())
	s.options.Logger.Debug("graph written", "collection", c.info.Name, "modality", sp.modality,
		"bytes", h.size, "took", time.Since(start))
	return nil
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

// removeOtherChunks removes the generation before, and what checkpoints left behind that did not come to their end.
func removeOtherChunks(b *bolt.Bucket, generation uint64) error {
	var keys [][]byte
	cursor := b.Cursor()
	for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		if !bytes.Equal(key, keyGraphHeader) && !bytes.HasPrefix(key, number(generation)) {
			keys = append(keys, bytes.Clone(key))
		}
	}
	for _, key := range keys {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// chunkWriter cuts what is written to it into chunks.
type chunkWriter struct {
	limit  int
	chunks [][]byte
	size   uint64
	sum    uint32
}

func newChunkWriter(limit int) *chunkWriter { return &chunkWriter{limit: limit} }

func (w *chunkWriter) Write(p []byte) (int, error) {
	w.size += uint64(len(p))
	w.sum = crc32.Update(w.sum, crc32.MakeTable(crc32.Castagnoli), p)
	for rest := p; len(rest) > 0; {
		last := len(w.chunks) - 1
		if last < 0 || len(w.chunks[last]) == w.limit {
			w.chunks = append(w.chunks, make([]byte, 0, w.limit))
			last++
		}
		n := min(len(rest), w.limit-len(w.chunks[last]))
		w.chunks[last] = append(w.chunks[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

// loadGraph fills an empty index from the last checkpoint and returns what that covers. A graph that was never written is
// no error; one that is damaged is, and leaves the index empty.
func loadGraph(b *bolt.Bucket, x index.Index, vector func(uint64) []float32) (covered uint64, err error) {
	value := b.Get(keyGraphHeader)
	if value == nil {
		return 0, nil
	}
	h, err := decodeGraphHeader(value)
	if err != nil {
		return 0, err
	}
	if err := verifyGraph(b, h); err != nil {
		return 0, err
	}
	if err := x.Restore(&chunkReader{bucket: b, header: h}, vector); err != nil {
		return 0, err
	}
	return h.covered, nil
}

// verifyGraph reads all chunks once before the index trusts any of them.
func verifyGraph(b *bolt.Bucket, h graphHeader) error {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(sum, &chunkReader{bucket: b, header: h})
	switch {
	case err != nil:
		return err
	case uint64(n) != h.size || sum.Sum32() != h.sum:
		return damagedf("a graph fails its checksum")
	}
	return nil
}

// chunkReader reads the chunks of a generation one after another.
type chunkReader struct {
	bucket *bolt.Bucket
	header graphHeader
	next   uint64
	rest   []byte
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.next == r.header.chunks {
			return 0, io.EOF
		}
		if r.rest = r.bucket.Get(chunkKey(r.header.generation, r.next)); r.rest == nil {
			return 0, damagedf("a graph lacks chunk %d of %d", r.next, r.header.chunks)
		}
		r.next++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
