package tokenizer

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// wordPiece is BERT's tokenizer: words are split at white space and punctuation, and each word greedily into the
// longest pieces that the vocabulary has (Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1).
type wordPiece struct {
	raw, normal   *addedTokens // found before and after normalisation
	normalizer    *bertNormalizer
	initial       *trie // pieces that start a word
	continuing    *trie // pieces that go on with a word, without their prefix
	unknown       int64
	maxInputChars int // longer words are unknown as a whole; runes
	frame         frame
	pad           int64
	maxTokens     int // 0: no limit
	keepEnd       bool
	buffers       *sync.Pool // of *buffers
}

// buffers is the working memory of one Encode.
type buffers struct {
	normal, cleaned, decomposed []byte
	ids                         []int64
}

func newWordPiece(f *file) (*wordPiece, error) {
	if err := checkAddedTokens(f.AddedTokens); err != nil {
		return nil, err
	}
	if f.PreTokenizer == nil || f.PreTokenizer.Type != "BertPreTokenizer" {
		kind := "null"
		if f.PreTokenizer != nil {
			kind = f.PreTokenizer.Type
		}
		return nil, unsupported("pre_tokenizer.type", kind)
	}
	normalizer, err := newNormalizer(f.Normalizer)
	if err != nil {
		return nil, err
	}
	frame, err := f.PostProcessor.frame()
	if err != nil {
		return nil, err
	}
	preferVocabulary(f.AddedTokens, f.Model.Vocab)
	w := &wordPiece{
		raw:           newAddedTokens(f.AddedTokens, false),
		normalizer:    normalizer,
		maxInputChars: 100,
		frame:         frame,
		pad:           padID(f),
		buffers:       &sync.Pool{New: func() any { return new(buffers) }},
	}
	w.normal = w.normalizedTokens(f.AddedTokens)
	if f.Model.MaxInputChars != nil {
		w.maxInputChars = *f.Model.MaxInputChars
	}
	if err := w.setVocabulary(&f.Model); err != nil {
		return nil, err
	}
	if err := w.setTruncation(f.Truncation); err != nil {
		return nil, err
	}
	return w, nil
}

// preferVocabulary gives added tokens that the vocabulary has too the vocabulary's id, as the reference does.
func preferVocabulary(tokens []addedToken, vocab map[string]int64) {
	for i, t := range tokens {
		if id, ok := vocab[t.Content]; ok {
			tokens[i].ID = id
		}
	}
}

// normalizedTokens returns the added tokens that are looked for in normalised text, themselves normalised.
func (w *wordPiece) normalizedTokens(tokens []addedToken) *addedTokens {
	normal := make([]addedToken, len(tokens))
	for i, t := range tokens {
		if t.Normalized {
			t.Content = string(w.normalizer.append(nil, t.Content, new(buffers)))
		}
		normal[i] = t
	}
	return newAddedTokens(normal, true)
}

// padID prefers what the file says about padding over the token that is usually used for it.
func padID(f *file) int64 {
	if f.Padding != nil {
		return f.Padding.PadID
	}
	for _, t := range f.AddedTokens {
		if t.Content == "[PAD]" {
			return t.ID
		}
	}
	return f.Model.Vocab["[PAD]"]
}

func (w *wordPiece) setVocabulary(m *model) error {
	unknown, ok := m.Vocab[m.UnknownToken]
	if !ok {
		return fmt.Errorf("%w: the vocabulary of %d tokens lacks unk_token %q", ErrMalformed, len(m.Vocab), m.UnknownToken)
	}
	w.unknown = unknown
	prefix := "##"
	if m.Prefix != nil {
		prefix = *m.Prefix
	}
	var initial, continuing []entry
	for text, id := range m.Vocab {
		if !utf8.ValidString(text) || id < 0 {
			return fmt.Errorf("%w: vocabulary entry %q with id %d", ErrMalformed, text, id)
		}
		initial = append(initial, entry{text, id})
		if piece, ok := strings.CutPrefix(text, prefix); ok {
			continuing = append(continuing, entry{piece, id})
		}
	}
	w.initial, w.continuing = newTrie(initial), newTrie(continuing)
	return nil
}

func (w *wordPiece) setTruncation(t *truncation) error {
	if t == nil {
		return nil
	}
	if t.Strategy != "LongestFirst" && t.Strategy != "OnlyFirst" {
		return unsupported("truncation.strategy", t.Strategy)
	}
	switch t.Direction {
	case "Right", "":
	case "Left":
		w.keepEnd = true
	default:
		return unsupported("truncation.direction", t.Direction)
	}
	if err := w.checkMaxTokens(t.MaxLength); err != nil {
		return fmt.Errorf("%w: truncation.max_length: %w", ErrMalformed, err)
	}
	w.maxTokens = t.MaxLength
	return nil
}

func (w *wordPiece) checkMaxTokens(n int) error {
	if special := len(w.frame.before) + len(w.frame.after); n <= special {
		return fmt.Errorf("%d tokens leave no room beside %d special ones", n, special)
	}
	return nil
}

// PadID implements Tokenizer.
func (w *wordPiece) PadID() int64 { return w.pad }

// MaxTokens implements Tokenizer.
func (w *wordPiece) MaxTokens() int { return w.maxTokens }

// Truncated implements Tokenizer.
func (w *wordPiece) Truncated(maxTokens int) (Tokenizer, error) {
	if err := w.checkMaxTokens(maxTokens); err != nil {
		return nil, err
	}
	c := *w
	c.maxTokens = maxTokens
	return &c, nil
}

// Encode implements Tokenizer.
func (w *wordPiece) Encode(text string) ([]int64, error) {
	if !utf8.ValidString(text) {
		return nil, ErrUTF8
	}
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	b.ids = b.ids[:0]
	for at := 0; at < len(text) && !w.full(b); {
		m, found := w.raw.next(text, at)
		if !found {
			w.encodeSpan(text[at:], b)
			break
		}
		w.encodeSpan(text[at:m.from], b)
		b.ids = append(b.ids, m.id)
		at = m.to
	}
	return w.framed(b.ids), nil
}

// full reports that the rest of the text would be cut off anyway.
func (w *wordPiece) full(b *buffers) bool {
	return w.maxTokens > 0 && !w.keepEnd && len(b.ids) >= w.maxTokens
}

// framed truncates ids and returns a copy between the special tokens.
func (w *wordPiece) framed(ids []int64) []int64 {
	if room := w.maxTokens - len(w.frame.before) - len(w.frame.after); w.maxTokens > 0 && len(ids) > room {
		if w.keepEnd {
			ids = ids[len(ids)-room:]
		} else {
			ids = ids[:room]
		}
	}
	out := make([]int64, 0, len(w.frame.before)+len(ids)+len(w.frame.after))
	out = append(out, w.frame.before...)
	out = append(out, ids...)
	return append(out, w.frame.after...)
}

// encodeSpan tokenizes text between raw added tokens.
func (w *wordPiece) encodeSpan(text string, b *buffers) {
	if text == "" {
		return
	}
	b.normal = w.normalizer.append(b.normal[:0], text, b)
	if len(w.normal.tokens) == 0 {
		w.encodeWords(b.normal, b)
		return
	}
	normal := string(b.normal)
	for at := 0; at < len(normal); {
		m, found := w.normal.next(normal, at)
		if !found {
			w.encodeWords(b.normal[at:], b)
			return
		}
		w.encodeWords(b.normal[at:m.from], b)
		b.ids = append(b.ids, m.id)
		at = m.to
	}
}

// encodeWords splits normalised text at white space, and around punctuation, and tokenizes each word.
func (w *wordPiece) encodeWords(text []byte, b *buffers) {
	word, runes := 0, 0 // where the current word starts, and its length
	for i := 0; i < len(text) && !w.full(b); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		space := isSpace(r)
		if !space && !isPunctuation(r) {
			runes++
			i += size
			continue
		}
		w.encodeWord(text[word:i], runes, b)
		if !space {
			w.encodeWord(text[i:i+size], 1, b)
		}
		i += size
		word, runes = i, 0
	}
	if !w.full(b) {
		w.encodeWord(text[word:], runes, b)
	}
}

// encodeWord appends the pieces of one word, or the unknown token for all of it when any part has no piece.
func (w *wordPiece) encodeWord(word []byte, runes int, b *buffers) {
	if len(word) == 0 {
		return
	}
	if runes > w.maxInputChars {
		b.ids = append(b.ids, w.unknown)
		return
	}
	start := len(b.ids)
	pieces := w.initial
	for len(word) > 0 {
		id, length := pieces.longest(word)
		if id == none {
			b.ids = append(b.ids[:start], w.unknown)
			return
		}
		b.ids = append(b.ids, id)
		word, pieces = word[length:], w.continuing
	}
}
