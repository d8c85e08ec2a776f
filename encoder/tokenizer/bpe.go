package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe joins the runes of a piece pair by pair, always the pair that training joined first (Sennrich et al. 2016,
// "Neural Machine Translation of Rare Words with Subword Units", section 3.2).
type bpe struct {
	vocab   map[string]int64
	merges  *mergeTable
	letters [4]*letters // ids of single runes, by place in the piece: see place
	whole   map[string]int64
	unknown int64 // none: what is unknown is left out
	fuse    bool  // unknown runes in a row are one token
	bytes   *byteTokens
	// boundary is a rune before which pieces can be split without changing a token, since no merge crosses from another
	// rune to it; empty when there is none. Sentencepiece's "▁" is, unless its training was told otherwise.
	boundary []byte
}

// place tells prefixed and suffixed runes apart: bit 0 is set for the first of a piece, bit 1 for the last.
type place int

const (
	firstRune place = 1 << iota
	lastRune
)

// letters are the ids of single runes in one place: of bytes where pieces are bytes.
type letters struct {
	bytes *[256]int32
	table []int32 // by rune, of those below tabled
	wide  map[rune]int32
}

type bpeSpec struct {
	UnknownToken string           `json:"unk_token"`
	Prefix       string           `json:"continuing_subword_prefix"`
	Suffix       string           `json:"end_of_word_suffix"`
	FuseUnknown  bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
	Dropout      float64          `json:"dropout"`
	Vocab        map[string]int64 `json:"vocab"`
	Merges       []mergePair      `json:"merges"`
}

// mergePair is "a b" or, in newer files, ["a", "b"].
type mergePair [2]string

// UnmarshalJSON implements json.Unmarshaler.
func (m *mergePair) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		var pair []string
		if err := json.Unmarshal(data, &pair); err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("a merge of %d tokens", len(pair))
		}
		m[0], m[1] = pair[0], pair[1]
		return nil
	}
	var line string
	if err := json.Unmarshal(data, &line); err != nil {
		return err
	}
	return m.parse(line)
}

// parse reads a line of merges.txt.
func (m *mergePair) parse(line string) error {
	a, b, ok := strings.Cut(line, " ")
	if !ok || strings.Contains(b, " ") {
		return fmt.Errorf("the merge %q is not two tokens", line)
	}
	m[0], m[1] = a, b
	return nil
}

// newBPE reads a model; bytewise says that pieces are bytes which the vocabulary writes in GPT-2's alphabet.
func newBPE(c *component, bytewise bool) (*bpe, error) {
	var s bpeSpec
	if err := c.read(&s); err != nil {
		return nil, err
	}
	if err := checkVocabulary(s.Vocab); err != nil {
		return nil, err
	}
	if s.Dropout != 0 {
		return nil, unsupported("model.dropout", fmt.Sprint(s.Dropout))
	}
	m := &bpe{vocab: s.Vocab, unknown: none, fuse: s.FuseUnknown}
	if s.UnknownToken != "" {
		id, ok := s.Vocab[s.UnknownToken]
		if !ok {
			return nil, fmt.Errorf("%w: the vocabulary of %d tokens lacks unk_token %q", ErrMalformed, len(s.Vocab), s.UnknownToken)
		}
		m.unknown = id
	}
	if err := m.setMerges(&s); err != nil {
		return nil, err
	}
	m.setLetters(&s, bytewise)
	if s.ByteFallback {
		m.bytes = newByteTokens(m.id)
	}
	if s.IgnoreMerges {
		m.whole = wholePieces(s.Vocab, bytewise)
	} else if !bytewise && s.Prefix == "" && s.Suffix == "" {
		m.setBoundary(&s)
	}
	return m, nil
}

func (m *bpe) id(token string) (int64, bool) {
	id, ok := m.vocab[token]
	return id, ok
}

func (m *bpe) size() int { return len(m.vocab) }

func (m *bpe) setMerges(s *bpeSpec) error {
	m.merges = newMergeTable(len(s.Merges))
	for rank, pair := range s.Merges {
		right, ok := strings.CutPrefix(pair[1], s.Prefix)
		if !ok {
			return fmt.Errorf("%w: merge %d joins %q, which lacks the prefix %q", ErrMalformed, rank, pair[1], s.Prefix)
		}
		a, okA := s.Vocab[pair[0]]
		b, okB := s.Vocab[pair[1]]
		joined, ok := s.Vocab[pair[0]+right]
		if !okA || !okB || !ok {
			return fmt.Errorf("%w: merge %d of %q and %q is not in the vocabulary", ErrMalformed, rank, pair[0], pair[1])
		}
		m.merges.set(int32(a), int32(b), merge{rank: int32(rank), joined: int32(joined)})
	}
	return nil
}

// setLetters finds the tokens of one rune for each place in a piece.
func (m *bpe) setLetters(s *bpeSpec, bytewise bool) {
	for at := range m.letters {
		prefix, suffix := s.Prefix, s.Suffix
		if place(at)&firstRune != 0 {
			prefix = ""
		}
		if place(at)&lastRune == 0 {
			suffix = ""
		}
		if at > 0 && s.Prefix == "" && s.Suffix == "" {
			m.letters[at] = m.letters[0]
			continue
		}
		m.letters[at] = newLetters(s.Vocab, prefix, suffix, bytewise)
	}
}

func newLetters(vocab map[string]int64, prefix, suffix string, bytewise bool) *letters {
	ids := map[rune]int32{}
	for token, id := range vocab {
		text, ok := strings.CutPrefix(token, prefix)
		if !ok {
			continue
		}
		if text, ok = strings.CutSuffix(text, suffix); !ok || text == "" {
			continue
		}
		if r, size := utf8.DecodeRuneInString(text); size == len(text) {
			ids[r] = int32(id)
		}
	}
	find := func(r rune) int32 {
		if id, ok := ids[r]; ok {
			return id
		}
		return none
	}
	if bytewise {
		l := &letters{bytes: new([256]int32)}
		for b := range l.bytes {
			l.bytes[b] = find(byteRune(byte(b)))
		}
		return l
	}
	l := &letters{table: make([]int32, tabled), wide: ids}
	for r := range l.table {
		l.table[r] = find(rune(r))
	}
	return l
}

// first returns the id of the rune, or the byte, that text begins with, or none, and its length.
func (l *letters) first(text []byte) (id int32, size int) {
	if l.bytes != nil {
		return l.bytes[text[0]], 1
	}
	r, size := utf8.DecodeRune(text)
	if r < tabled {
		return l.table[r], size
	}
	if id, ok := l.wide[r]; ok {
		return id, size
	}
	return none, size
}

// wholePieces maps pieces that are tokens as they are, as the pieces are written.
func wholePieces(vocab map[string]int64, bytewise bool) map[string]int64 {
	if !bytewise {
		return vocab
	}
	written := make(map[rune]byte, 256)
	for b := range 256 {
		written[byteRune(byte(b))] = byte(b)
	}
	whole := make(map[string]int64, len(vocab))
next:
	for token, id := range vocab {
		raw := make([]byte, 0, len(token))
		for _, r := range token {
			b, ok := written[r]
			if !ok {
				continue next
			}
			raw = append(raw, b)
		}
		whole[string(raw)] = id
	}
	return whole
}

// setBoundary splits at "▁" if no merge makes a token in which it follows another rune.
func (m *bpe) setBoundary(s *bpeSpec) {
	const space = "▁"
	if _, ok := s.Vocab[space]; !ok {
		return
	}
	for _, pair := range s.Merges {
		joined := strings.TrimLeft(pair[0]+pair[1], space)
		if strings.Contains(joined, space) {
			return
		}
	}
	m.boundary = []byte(space)
}
