package tokenizer

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"
)

// addedTokens finds the tokens that are cut out of a text before anything else sees it, such as "[SEP]".
type addedTokens struct {
	tokens []addedToken
	trie   *trie // of their places in tokens
}

// newAddedTokens keeps those of tokens that are looked for in normalised text, or those looked for in raw text.
func newAddedTokens(tokens []addedToken, normalized bool) *addedTokens {
	a := &addedTokens{}
	var entries []entry
	for _, t := range tokens {
		if t.Content == "" || t.Normalized != normalized {
			continue
		}
		entries = append(entries, entry{t.Content, int64(len(a.tokens))})
		a.tokens = append(a.tokens, t)
	}
	a.trie = newTrie(entries)
	return a
}

// addedMatch is one added token in a text, with the white space that it swallows: text[from:to].
type addedMatch struct {
	id int64
	span
}

// next finds the first token in text at or after from, the longest when several start there. Bytes before from belong
// to earlier matches and are context only.
func (a *addedTokens) next(text []byte, from int) (addedMatch, bool) {
	if len(a.tokens) == 0 {
		return addedMatch{}, false
	}
	for i := from; i < len(text); i++ {
		if a.trie.root[text[i]] == 0 {
			continue
		}
		at, _ := a.trie.longest(text[i:])
		if at == none {
			continue
		}
		t := &a.tokens[at]
		m := addedMatch{t.ID, span{i, i + len(t.Content)}}
		if t.SingleWord && !standsAlone(text, m) {
			i = m.to - 1 // an unsuitable occurrence is consumed all the same, as the reference does
			continue
		}
		if t.LeftStrip {
			m.from = from + len(bytes.TrimRightFunc(text[from:i], isSpace))
		}
		if t.RightStrip {
			m.to = len(text) - len(bytes.TrimLeftFunc(text[m.to:], isSpace))
		}
		return m, true
	}
	return addedMatch{}, false
}

func standsAlone(text []byte, m addedMatch) bool {
	before, _ := utf8.DecodeLastRune(text[:m.from])
	after, _ := utf8.DecodeRune(text[m.to:])
	return (m.from == 0 || !isWord(before)) && (m.to == len(text) || !isWord(after))
}

func checkAddedTokens(tokens []addedToken) error {
	for _, t := range tokens {
		if !utf8.ValidString(t.Content) || t.ID < 0 || t.ID > math.MaxInt32 {
			return fmt.Errorf("%w: added token %q with id %d", ErrMalformed, t.Content, t.ID)
		}
	}
	return nil
}
