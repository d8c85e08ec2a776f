package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// wordPiece splits words greedily into the longest pieces that the vocabulary has (Wu et al. 2016, "Google's Neural
// Machine Translation System", section 4.1).
type wordPiece struct {
	vocab         map[string]int64
	initial       *trie // pieces that start a word
	continuing    *trie // pieces that go on with a word, without their prefix
	unknown       int64
	maxInputChars int // longer words are unknown as a whole; runes
}

func newWordPiece(c *component) (*wordPiece, error) {
	s := struct {
		UnknownToken  string           `json:"unk_token"`
		Prefix        string           `json:"continuing_subword_prefix"`
		MaxInputChars int              `json:"max_input_chars_per_word"`
		Vocab         map[string]int64 `json:"vocab"`
	}{UnknownToken: "[UNK]", Prefix: "##", MaxInputChars: 100}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	if err := checkVocabulary(s.Vocab); err != nil {
		return nil, err
	}
	unknown, ok := s.Vocab[s.UnknownToken]
	if !ok {
		return nil, fmt.Errorf("%w: the vocabulary of %d tokens lacks unk_token %q", ErrMalformed, len(s.Vocab), s.UnknownToken)
	}
	var initial, continuing []entry
	for text, id := range s.Vocab {
		initial = append(initial, entry{text, id})
		if piece, ok := strings.CutPrefix(text, s.Prefix); ok {
			continuing = append(continuing, entry{piece, id})
		}
	}
	return &wordPiece{vocab: s.Vocab, initial: newTrie(initial), continuing: newTrie(continuing), unknown: unknown,
		maxInputChars: s.MaxInputChars}, nil
}

// checkVocabulary refuses ids that are no ids. Lists of them are kept in 32 bits.
func checkVocabulary(vocab map[string]int64) error {
	for text, id := range vocab {
		if id < 0 || id > math.MaxInt32 {
			return fmt.Errorf("%w: vocabulary entry %q with id %d", ErrMalformed, text, id)
		}
	}
	return nil
}

func (w *wordPiece) id(token string) (int64, bool) {
	id, ok := w.vocab[token]
	return id, ok
}

func (w *wordPiece) size() int { return len(w.vocab) }

// appendIDs appends the unknown token for all of a word when any part of it has no piece.
func (w *wordPiece) appendIDs(dst []int64, word []byte, _ *buffers) []int64 {
	if len(word) > w.maxInputChars && utf8.RuneCount(word) > w.maxInputChars {
		return append(dst, w.unknown)
	}
	start := len(dst)
	pieces := w.initial
	for len(word) > 0 {
		id, length := pieces.longest(word)
		if id == none {
			return append(dst[:start], w.unknown)
		}
		dst = append(dst, id)
		word, pieces = word[length:], w.continuing
	}
	return dst
}
