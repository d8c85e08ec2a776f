package encoder

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// maxHeader bounds the header of a safetensors file, as its reference implementation does.
const maxHeader = 100_000_000

// safetensors reads single tensors of a file: 8 bytes with the length of a JSON header, the header, the data. The format
// is that of the safetensors library.
type safetensors struct {
	file   fs.File
	at     io.ReaderAt
	data   int64 // where the data begins
	size   int64
	header map[string]tensorEntry
}

type tensorEntry struct {
	Type    string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// openSafetensors reads the header of a file. The caller must close it.
func openSafetensors(fsys fs.FS, name string) (*safetensors, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	s := &safetensors{file: file}
	if err := s.readHeader(); err != nil {
		file.Close()
		return nil, err
	}
	return s, nil
}

func (s *safetensors) close() { s.file.Close() }

func (s *safetensors) readHeader() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	at, ok := s.file.(io.ReaderAt)
	if !ok {
		return errors.New("it cannot be read at a position")
	}
	s.at, s.size = at, info.Size()
	var length [8]byte
	if _, err := s.at.ReadAt(length[:], 0); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > s.size-8 {
		return fmt.Errorf("its header says that it has %d bytes", n)
	}
	s.data = 8 + int64(n)
	header := make([]byte, n)
	if _, err := s.at.ReadAt(header, 8); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("its header: %w", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(header, &raw); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	s.header = map[string]tensorEntry{}
	for name, message := range raw {
		var e tensorEntry
		if name == "__metadata__" {
			continue
		}
		if err := json.Unmarshal(message, &e); err != nil {
			return fmt.Errorf("its tensor %q: %w", name, err)
		}
		s.header[name] = e
	}
	return nil
}

// floats is a tensor, row by row.
type floats struct {
	shape  []int
	values []float32
	sum    [sha256.Size]byte // of its bytes in the file
}

// read returns a tensor of floating-point numbers of 16 or 32 bits; nil when there is none of the name.
func (s *safetensors) read(name string) (*floats, error) {
	e, ok := s.header[name]
	if !ok {
		return nil, nil
	}
	width, widen := int64(2), func(b []byte) float32 { return fromHalf(binary.LittleEndian.Uint16(b)) }
	switch e.Type {
	case "F32":
		width, widen = 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
	case "BF16":
		widen = func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }
	case "F16":
	default:
		return nil, fmt.Errorf("its tensor %q has the type %s", name, e.Type)
	}
	count := int64(1)
	for _, n := range e.Shape {
		if n < 0 || n > 1<<24 || count > 1<<28 {
			return nil, fmt.Errorf("its tensor %q has the shape %v", name, e.Shape)
		}
		count *= int64(n)
	}
	from, to := e.Offsets[0], e.Offsets[1]
	if from < 0 || to < from || to > s.size-s.data || to-from != width*count {
		return nil, fmt.Errorf("its tensor %q of shape %v lies from %d to %d", name, e.Shape, from, to)
	}
	raw := make([]byte, to-from)
	if _, err := s.at.ReadAt(raw, s.data+from); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("its tensor %q: %w", name, err)
	}
	f := &floats{shape: e.Shape, values: make([]float32, count), sum: sha256.Sum256(raw)}
	for i := range f.values {
		f.values[i] = widen(raw[int64(i)*width:])
	}
	return f, nil
}

// fromHalf widens a float16 (IEEE 754 binary16).
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormal numbers
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
