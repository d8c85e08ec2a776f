package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// precompiled replaces texts by a table that sentencepiece writes, such as its NFKC ("nmt_nfkc"): a double-array trie
// of what is replaced and a pool of what takes its place, each ended by a zero byte.
type precompiled struct {
	units []uint32
	pool  []byte
	plain [utf8.RuneSelf]bool // ASCII that stays as it is
	// What decides where grapheme clusters end.
	continues, ends *class
}

// newPrecompiled reads {"precompiled_charsmap": "<base64>"}.
func newPrecompiled(c *component) (normalizer, error) {
	var s struct {
		Charsmap []byte `json:"precompiled_charsmap"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	return parseCharsmap(s.Charsmap)
}

// parseCharsmap reads the size of the trie in bytes, the trie in units of four bytes, and the pool; all little endian.
func parseCharsmap(data []byte) (*precompiled, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("%w: precompiled_charsmap of %d bytes", ErrMalformed, len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if size == 0 || size%4 != 0 || uint64(size) > uint64(len(data)) {
		return nil, fmt.Errorf("%w: precompiled_charsmap of %d bytes has a trie of %d", ErrMalformed, len(data), size)
	}
	p := &precompiled{units: make([]uint32, size/4), pool: data[size:]}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	if !utf8.Valid(p.pool) {
		return nil, fmt.Errorf("%w: precompiled_charsmap replaces by invalid UTF-8", ErrMalformed)
	}
	for b := range p.plain {
		_, replaced := p.shortest([]byte{byte(b)})
		p.plain[b] = !replaced
	}
	p.continues, p.ends = newClass(continuesCluster), newClass(endsCluster)
	return p, nil
}

// The bits of a unit of the trie, as the Darts-clone library lays them out.
func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
func unitLabel(u uint32) uint32  { return u & (1<<31 | 0xFF) }
func unitHasLeaf(u uint32) bool  { return u>>8&1 == 1 }
func unitValue(u uint32) uint32  { return u & (1<<31 - 1) }

// shortest returns what replaces the shortest prefix of key that the table has.
func (p *precompiled) shortest(key []byte) ([]byte, bool) {
	node := unitOffset(p.units[0])
	for _, c := range key {
		if c == 0 {
			break
		}
		node ^= uint32(c)
		if int(node) >= len(p.units) {
			break
		}
		unit := p.units[node]
		if unitLabel(unit) != uint32(c) {
			break
		}
		node ^= unitOffset(unit)
		if unitHasLeaf(unit) && int(node) < len(p.units) {
			return p.replacement(unitValue(p.units[node]))
		}
	}
	return nil, false
}

// replacement returns the entry of the pool that begins at the byte at. Damaged tables point elsewhere.
func (p *precompiled) replacement(at uint32) ([]byte, bool) {
	if int(at) > len(p.pool) || int(at) < len(p.pool) && !utf8.RuneStart(p.pool[at]) {
		return nil, false
	}
	text := p.pool[at:]
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	return text, true
}

// append replaces grapheme clusters of up to five bytes as a whole, by what their shortest known prefix becomes, and
// everything else rune by rune. Sentencepiece itself takes the longest prefix anywhere; this is what the reference
// does, and what models are exported with.
func (p *precompiled) append(dst, s []byte, _ *buffers) []byte {
	for len(s) > 0 {
		if c := s[0]; c < utf8.RuneSelf && p.plain[c] && (len(s) == 1 || s[1] < utf8.RuneSelf && c != '\r') {
			dst = append(dst, c)
			s = s[1:]
			continue
		}
		n := p.clusterLength(s)
		if n < 6 {
			if text, ok := p.shortest(s[:n]); ok {
				dst = append(dst, text...)
				s = s[n:]
				continue
			}
		}
		for end := len(s) - n; len(s) > end; {
			_, size := utf8.DecodeRune(s)
			if text, ok := p.shortest(s[:size]); ok {
				dst = append(dst, text...)
			} else {
				dst = append(dst, s[:size]...)
			}
			s = s[size:]
		}
	}
	return dst
}

// clusterLength returns the length in bytes of the grapheme cluster that s begins with (UAX 29). Of the clusters that
// cannot be shorter than six bytes (Hangul syllables, flags, emoji that are joined, Indic conjuncts) it returns the
// parts: their runes are replaced one by one either way.
func (p *precompiled) clusterLength(s []byte) int {
	r, n := utf8.DecodeRune(s)
	if r == '\r' && len(s) > 1 && s[1] == '\n' {
		return 2
	}
	for n < len(s) {
		if s[n] < utf8.RuneSelf && r < 0x600 {
			return n
		}
		next, size := utf8.DecodeRune(s[n:])
		if !p.continues.has(next) && !isPrepended(r) || p.ends.has(r) || p.ends.has(next) {
			return n
		}
		r = next
		n += size
	}
	return n
}

func isPrepended(r rune) bool { return r >= 0x600 && unicode.Is(prepend, r) }
