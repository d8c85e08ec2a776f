// Package checkpoint frames what an index saves of itself: a header with magic, version and kind, then sections, each
// with its own checksum. docs/format/graph-checkpoint.md describes the bytes.
//
//	w, err := checkpoint.NewWriter(file, checkpoint.HNSW, dimension)
//	err = w.Section(checkpoint.Nodes, payload)
//	err = w.Section(checkpoint.End, nil)
package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"pinax/index"
)

// Version is the format that is written. Readers refuse others with index.ErrVersion.
const Version = 2

// Kind tells which index wrote a checkpoint.
type Kind byte

// The kinds.
const (
	Flat  Kind = 1
	HNSW  Kind = 2
	Coder Kind = 3
)

// Section is the type of a section.
type Section byte

// The sections.
const (
	End     Section = 0 // the last one
	Params  Section = 2 // settings and totals of a graph
	Nodes   Section = 3 // a run of a graph's nodes with their links
	Removed Section = 4 // slots whose nodes are gone
)

const (
	magic      = "PINAXIDX"
	headerSize = 20
	// maxSection bounds what one section can make a reader allocate. Writers stay far below.
	maxSection = 64 << 20
	// step is how far a reader allocates ahead of what has really arrived.
	step = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Writer writes a checkpoint.
type Writer struct {
	w io.Writer
}

// NewWriter writes the header.
func NewWriter(w io.Writer, kind Kind, dimension int) (*Writer, error) {
	header := make([]byte, 0, headerSize)
	header = append(header, magic...)
	header = append(header, Version, byte(kind), 0, 0)
	header = binary.LittleEndian.AppendUint32(header, uint32(dimension))
	header = binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, castagnoli))
	if _, err := w.Write(header); err != nil {
		return nil, fmt.Errorf("write checkpoint header: %w", err)
	}
	return &Writer{w: w}, nil
}

// Section writes one section. Its payload has at most 64 MiB.
func (w *Writer) Section(section Section, payload []byte) error {
	head := binary.LittleEndian.AppendUint32([]byte{byte(section)}, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, payload)
	for _, part := range [][]byte{head, payload, binary.LittleEndian.AppendUint32(nil, sum)} {
		if _, err := w.w.Write(part); err != nil {
			return fmt.Errorf("write checkpoint section %d: %w", section, err)
		}
	}
	return nil
}

// Reader reads a checkpoint and trusts nothing in it.
type Reader struct {
	r       io.Reader
	payload []byte
}

// NewReader reads the header. It returns index.ErrDamaged, index.ErrVersion, or index.ErrMismatch when the checkpoint
// is of another kind or dimension.
func NewReader(r io.Reader, kind Kind, dimension int) (*Reader, error) {
	header := make([]byte, headerSize)
	if err := readFull(r, header); err != nil {
		return nil, fmt.Errorf("checkpoint header: %w", err)
	}
	if string(header[:8]) != magic {
		return nil, fmt.Errorf("checkpoint header: wrong magic: %w", index.ErrDamaged)
	}
	if header[8] != Version {
		// The checksum may lie elsewhere in another version, so the version is believed before it is checked.
		return nil, fmt.Errorf("version %d, not %d: %w", header[8], Version, index.ErrVersion)
	}
	if crc32.Checksum(header[:16], castagnoli) != binary.LittleEndian.Uint32(header[16:]) {
		return nil, fmt.Errorf("checkpoint header: wrong checksum: %w", index.ErrDamaged)
	}
	if Kind(header[9]) != kind {
		return nil, fmt.Errorf("kind %d, not %d: %w", header[9], kind, index.ErrMismatch)
	}
	if d := binary.LittleEndian.Uint32(header[12:]); int64(d) != int64(dimension) {
		return nil, fmt.Errorf("dimension %d, not %d: %w", d, dimension, index.ErrMismatch)
	}
	return &Reader{r: r}, nil
}

// Next returns the next section. Its payload is valid until the call after. It returns index.ErrDamaged when the
// section is cut off or fails its checksum.
func (r *Reader) Next() (Section, []byte, error) {
	var head [5]byte
	if err := readFull(r.r, head[:]); err != nil {
		return 0, nil, fmt.Errorf("checkpoint section: %w", err)
	}
	section, size := Section(head[0]), int(binary.LittleEndian.Uint32(head[1:]))
	if size > maxSection {
		return 0, nil, fmt.Errorf("checkpoint section %d claims %d bytes: %w", section, size, index.ErrDamaged)
	}
	if err := r.read(size); err != nil {
		return 0, nil, fmt.Errorf("checkpoint section %d: %w", section, err)
	}
	var sum [4]byte
	if err := readFull(r.r, sum[:]); err != nil {
		return 0, nil, fmt.Errorf("checkpoint section %d: %w", section, err)
	}
	want := crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, r.payload)
	if want != binary.LittleEndian.Uint32(sum[:]) {
		return 0, nil, fmt.Errorf("checkpoint section %d: wrong checksum: %w", section, index.ErrDamaged)
	}
	return section, r.payload, nil
}

// read fills the payload step by step, so that a lying size costs no more memory than the bytes that are really there.
func (r *Reader) read(size int) error {
	r.payload = r.payload[:0]
	for len(r.payload) < size {
		from := len(r.payload)
		n := min(size-from, max(step, from)) // at most doubles what has arrived
		if cap(r.payload) < from+n {
			r.payload = append(make([]byte, 0, from+n), r.payload...)
		}
		r.payload = r.payload[:from+n]
		if err := readFull(r.r, r.payload[from:]); err != nil {
			return err
		}
	}
	return nil
}

// errNothing is damage that may be no damage: the stream ended before anything came.
var errNothing = fmt.Errorf("cut off: %w", index.ErrDamaged)

// readFull fills p. An early end of the stream is damage; other errors stay what they are.
func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) {
		return errNothing
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("cut off: %w", index.ErrDamaged)
	}
	return err
}
