package fusion

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"pinax/engine"
)

// Projection makes vectors shorter by a matrix with orthonormal rows. docs/format/projection.md describes its file.
type Projection struct {
	encoder string    // fingerprint of the fusion that it was fitted for
	from    int       // elements before
	to      int       // elements after
	rows    []float32 // [to][from]
}

// The head of a projection's file.
const (
	magic   = "PINAXPRJ"
	version = 1
	// maxElements bounds what a damaged head can ask for: 1 GiB of rows.
	maxElements = 1 << 28
)

// head is what stands before the rows, little endian.
type head struct {
	Magic    [8]byte
	Version  uint32
	From, To uint32
	Encoder  [sha256.Size]byte
}

// Dimension returns how many elements projected vectors have.
func (p *Projection) Dimension() int { return p.to }

// Hash returns the SHA-256 of the file, in hexadecimal.
func (p *Projection) Hash() string {
	data := p.encode()
	return hex.EncodeToString(data[len(data)-sha256.Size:])
}

// Apply returns v, of length 1, in fewer elements and of length 1 again; nil when nothing of it is left.
func (p *Projection) Apply(v []float32) []float32 {
	short := make([]float32, p.to)
	var norm float64
	for i := range short {
		var sum float64
		for j, x := range p.rows[i*p.from : (i+1)*p.from] {
			sum += float64(x) * float64(v[j])
		}
		short[i] = float32(sum)
		norm += sum * sum
	}
	if !(norm > 0) || math.IsInf(norm, 0) {
		return nil
	}
	scale := 1 / math.Sqrt(norm)
	for i, x := range short {
		short[i] = float32(float64(x) * scale)
	}
	return short
}

// fits tells why a projection is not for an encoder.
func (p *Projection) fits(info engine.EncoderInfo) error {
	if p.encoder != info.Fingerprint || p.from != info.Dimension {
		return fmt.Errorf("%w: it was fitted for the encoder %.12s with %d elements, and this is %.12s with %d",
			ErrProjection, p.encoder, p.from, info.Fingerprint, info.Dimension)
	}
	return nil
}

// MarshalBinary returns the contents of a projection's file.
func (p *Projection) MarshalBinary() ([]byte, error) { return p.encode(), nil }

func (p *Projection) encode() []byte {
	h := head{Version: version, From: uint32(p.from), To: uint32(p.to)}
	copy(h.Magic[:], magic)
	_, _ = hex.Decode(h.Encoder[:], []byte(p.encoder)) // Fit and ParseProjection have checked it
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, h) // a buffer takes everything
	_ = binary.Write(&b, binary.LittleEndian, p.rows)
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	return b.Bytes()
}

// ParseProjection reads the contents of a projection's file. It returns ErrProjection for others, and for damaged ones.
func ParseProjection(data []byte) (*Projection, error) {
	var h head
	if len(data) < binary.Size(h)+sha256.Size || string(data[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: it is no file of that kind", ErrProjection)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return nil, fmt.Errorf("%w: its checksum does not fit, it is damaged", ErrProjection)
	}
	if _, err := binary.Decode(body, binary.LittleEndian, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProjection, err)
	}
	elements := uint64(h.From) * uint64(h.To)
	switch {
	case h.Version != version:
		return nil, fmt.Errorf("%w: its version is %d, and %d is known", ErrProjection, h.Version, version)
	case h.To == 0 || h.To > h.From || elements > maxElements || uint64(len(body)-binary.Size(h)) != 4*elements:
		return nil, fmt.Errorf("%w: %d bytes for a projection from %d to %d elements", ErrProjection, len(data), h.From, h.To)
	}
	p := &Projection{encoder: hex.EncodeToString(h.Encoder[:]), from: int(h.From), to: int(h.To), rows: make([]float32, elements)}
	if _, err := binary.Decode(body[binary.Size(h):], binary.LittleEndian, p.rows); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProjection, err)
	}
	for _, x := range p.rows {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fmt.Errorf("%w: it holds numbers that are not finite", ErrProjection)
		}
	}
	return p, nil
}
