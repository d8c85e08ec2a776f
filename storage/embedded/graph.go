package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"

	bolt "go.etcd.io/bbolt"

	"pinax/index"
)

const (
	graphVersion = 2
	// graphChunk is the size of a piece of a graph. A chunk is one job for the writer, so it bounds for how long a
	// checkpoint holds up other writes.
	graphChunk = 512 << 10
	// rewriteFrom is the size that changes may always reach before the graph is written anew.
	rewriteFrom = 4 << 20
)

var keyGraphHeader = []byte("header") // shorter than the key of a chunk

// graphHeader describes the graph that is valid: its chunks hold a full checkpoint and the changes that followed it. Chunks
// of another generation, or behind the last of this one, are leftovers.
type graphHeader struct {
	generation uint64
	covered    uint64 // every entry with a key up to this one is in the graph, unless it was refused, or removed since
	size       uint64 // bytes of all chunks
	base       uint64 // bytes of the full checkpoint
	chunks     uint64
	sum        uint32 // CRC-32C of all chunks
}

func (h graphHeader) encode() []byte {
	b := newSealed(5*binary.MaxVarintLen64 + crc32.Size)
	for _, n := range [...]uint64{h.generation, h.covered, h.size, h.base, h.chunks} {
		b = binary.AppendUvarint(b, n)
	}
	return seal(graphVersion, binary.BigEndian.AppendUint32(b, h.sum))
}

func decodeGraphHeader(value []byte) (graphHeader, error) {
	if len(value) > sealSize && value[0] != graphVersion {
		return graphHeader{}, fmt.Errorf("version %d of a graph, not %d: %w", value[0], graphVersion, index.ErrVersion)
	}
	payload, err := unseal("the header of a graph", graphVersion, value)
	if err != nil {
		return graphHeader{}, err
	}
	f := fields{rest: payload}
	h := graphHeader{
		generation: f.uvarint(), covered: f.uvarint(), size: f.uvarint(), base: f.uvarint(), chunks: f.uvarint(),
	}
	h.sum = binary.BigEndian.Uint32(f.bytes(crc32.Size))
	if f.failed || len(f.rest) > 0 {
		return graphHeader{}, damagedf("the header of a graph is malformed")
	}
	return h, nil
}

// chunkKey orders the chunks of a generation one after another.
func chunkKey(generation, i uint64) []byte { return append(number(generation), number(i)...) }

// rewriteDue tells whether the next checkpoint is to be a full one: there is none yet, or reading the changes would take
// as long as reading the graph. It tolerates changes of less than from bytes.
func (h graphHeader) rewriteDue(from uint64) bool {
	return h.chunks == 0 || h.size-h.base >= max(h.base, from)
}

// removeOtherChunks removes the generation before, and what checkpoints left behind that did not come to their end.
func removeOtherChunks(b *bolt.Bucket, h *graphHeader) error {
	var keys [][]byte
	collect := func(key []byte) {
		if !bytes.Equal(key, keyGraphHeader) {
			keys = append(keys, bytes.Clone(key))
		}
	}
	first, end := chunkKey(h.generation, 0), chunkKey(h.generation, h.chunks)
	cursor := b.Cursor()
	for key, _ := cursor.First(); key != nil && bytes.Compare(key, first) < 0; key, _ = cursor.Next() {
		collect(key)
	}
	for key, _ := cursor.Seek(end); key != nil; key, _ = cursor.Next() {
		collect(key)
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

// newChunkWriter goes on from the sum of what earlier chunks hold.
func newChunkWriter(limit int, sum uint32) *chunkWriter { return &chunkWriter{limit: limit, sum: sum} }

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
func loadGraph(
	ctx context.Context, b *bolt.Bucket, x index.Index, vectors iter.Seq2[uint64, []float32],
) (graphHeader, error) {
	value := b.Get(keyGraphHeader)
	if value == nil {
		return graphHeader{}, nil
	}
	h, err := decodeGraphHeader(value)
	if err != nil {
		return graphHeader{}, err
	}
	if err := verifyGraph(ctx, b, h); err != nil {
		return graphHeader{}, err
	}
	if err := x.Restore(&chunkReader{ctx: ctx, bucket: b, header: h}, vectors); err != nil {
		return graphHeader{}, err
	}
	return h, nil
}

// verifyGraph reads all chunks once before the index trusts any of them.
func verifyGraph(ctx context.Context, b *bolt.Bucket, h graphHeader) error {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(sum, &chunkReader{ctx: ctx, bucket: b, header: h})
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
	ctx    context.Context // ends the reading
	bucket *bolt.Bucket
	header graphHeader
	next   uint64
	rest   []byte
	ahead  readAhead
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.next == r.header.chunks {
			return 0, io.EOF
		}
		if r.rest = r.bucket.Get(chunkKey(r.header.generation, r.next)); r.rest == nil {
			return 0, damagedf("a graph lacks chunk %d of %d", r.next, r.header.chunks)
		}
		r.ahead.at(r.rest)
		r.next++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
