package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// sentencePiece is what is read of a sentencepiece model, such as spiece.model (sentencepiece_model.proto).
type sentencePiece struct {
	pieces       []spPiece
	modelType    uint64
	unknown      int
	byteFallback bool
	charsmap     []byte // precompiled; empty: no replacements
	dummyPrefix  bool   // a space goes before the text
	trimSpaces   bool   // and others at the ends and in a row are dropped
	escapeSpaces bool   // to "▁"
}

// The kinds of models and of pieces, as the file numbers them.
const (
	spUnigram = 1
	spBPE     = 2

	spNormal      = 1
	spUnknown     = 2
	spControl     = 3
	spUserDefined = 4
)

type spPiece struct {
	text  string
	score float32
	kind  uint64
}

// parseSentencePiece reads a model file.
func parseSentencePiece(data []byte) (*sentencePiece, error) {
	m := &sentencePiece{modelType: spUnigram, dummyPrefix: true, trimSpaces: true, escapeSpaces: true}
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			return m.addPiece(f.bytes)
		case 2:
			return eachField(f.bytes, m.setTrainer)
		case 3:
			return eachField(f.bytes, m.setNormalizer)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: sentencepiece model: %w", ErrMalformed, err)
	}
	if m.unknown < 0 || m.unknown >= len(m.pieces) {
		return nil, fmt.Errorf("%w: sentencepiece model of %d pieces, of which %d is the unknown one", ErrMalformed,
			len(m.pieces), m.unknown)
	}
	return m, nil
}

func (m *sentencePiece) addPiece(data []byte) error {
	p := spPiece{kind: spNormal}
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			p.text = string(f.bytes)
		case 2:
			p.score = math.Float32frombits(uint32(f.number64))
		case 3:
			p.kind = f.number64
		}
		return nil
	})
	// Neither NaN nor an infinity can be what was trained.
	if err == nil && (!utf8.ValidString(p.text) || p.score-p.score != 0) {
		err = fmt.Errorf("piece %q with score %v", p.text, p.score)
	}
	m.pieces = append(m.pieces, p)
	return err
}

func (m *sentencePiece) setTrainer(f field) error {
	switch f.number {
	case 3:
		m.modelType = f.number64
	case 35:
		m.byteFallback = f.number64 != 0
	case 40:
		m.unknown = int(int32(f.number64))
	}
	return nil
}

func (m *sentencePiece) setNormalizer(f field) error {
	switch f.number {
	case 2:
		m.charsmap = f.bytes
	case 3:
		m.dummyPrefix = f.number64 != 0
	case 4:
		m.trimSpaces = f.number64 != 0
	case 5:
		m.escapeSpaces = f.number64 != 0
	}
	return nil
}

// scored returns the pieces as a Unigram vocabulary.
func (m *sentencePiece) scored() []any {
	all := make([]any, len(m.pieces))
	for i, p := range m.pieces {
		all[i] = []any{p.text, float64(p.score)}
	}
	return all
}

// ids returns the pieces as a BPE vocabulary.
func (m *sentencePiece) ids() map[string]int64 {
	ids := make(map[string]int64, len(m.pieces))
	for i, p := range m.pieces {
		ids[p.text] = int64(i)
	}
	return ids
}

// merges returns how BPE training made its pieces, which the file does not hold: each of two others, in the order of
// their ids, and of several ways to make one, the shortest left part first.
func (m *sentencePiece) merges(ids map[string]int64) [][2]string {
	type way struct {
		id   int64
		at   int // where the right part begins
		text string
	}
	var ways []way
	for text, id := range ids {
		for at := range text {
			if at == 0 {
				continue
			}
			_, left := ids[text[:at]]
			_, right := ids[text[at:]]
			if left && right {
				ways = append(ways, way{id, at, text})
			}
		}
	}
	slices.SortFunc(ways, func(a, b way) int {
		if a.id != b.id {
			return int(a.id - b.id)
		}
		return a.at - b.at
	})
	merges := make([][2]string, len(ways))
	for i, w := range ways {
		merges[i] = [2]string{w.text[:w.at], w.text[w.at:]}
	}
	return merges
}

// added returns the pieces that are cut out of texts before anything else.
func (m *sentencePiece) added() []addedToken {
	var tokens []addedToken
	for _, p := range m.pieces {
		if p.kind == spControl || p.kind == spUserDefined {
			tokens = append(tokens, addedToken{Content: p.text})
		}
	}
	return tokens
}

// field is one of a protocol buffer's: its number, and its value as a number or as bytes.
type field struct {
	number   uint64
	number64 uint64
	bytes    []byte
}

// eachField calls visit for every field of a message.
func eachField(data []byte, visit func(field) error) error {
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 {
			return fmt.Errorf("a field's number is cut off %d bytes before the end", len(data))
		}
		data = data[n:]
		f := field{number: tag >> 3}
		size := 0
		switch tag & 7 {
		case 0:
			f.number64, size = binary.Uvarint(data)
		case 1:
			if size = 8; len(data) >= size {
				f.number64 = binary.LittleEndian.Uint64(data)
			}
		case 2:
			length, n := binary.Uvarint(data)
			if n > 0 && length <= uint64(len(data)-n) {
				size = n + int(length)
				f.bytes = data[n:size]
			}
		case 5:
			if size = 4; len(data) >= size {
				f.number64 = uint64(binary.LittleEndian.Uint32(data))
			}
		}
		if size <= 0 || size > len(data) {
			return fmt.Errorf("field %d is cut off or of unknown type %d", f.number, tag&7)
		}
		data = data[size:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}
