package tokenizer

import (
	"bytes"
	"fmt"
	"io/fs"
	"sync"
	"unicode"
	"unicode/utf8"
)

// siglip is SigLIP's tokenizer where the folder has only a sentencepiece model: the reference runs sentencepiece itself
// there, on lowercased text without punctuation. That splits nothing beforehand, takes the longest replacement from the
// charsmap where a pipeline takes a cluster's shortest, and adds scores in 32 bits.
type siglip struct {
	special   *addedTokens
	charsmap  *precompiled // nil: none
	model     *unigram
	lead      []byte // goes before every stretch, so that its first space is kept
	leadIDs   int    // and makes so many ids, which are dropped
	mark, end int64  // "▁" and "</s>"
	pad       int64
	maxTokens int // 0: no limit
	padTo     int
	buffers   *sync.Pool // of *buffers
}

// openSiglip reads spiece.model.
func openSiglip(fsys fs.FS, c *config) (Tokenizer, error) {
	m, err := readSentencePiece(fsys, spUnigram)
	if err != nil {
		return nil, err
	}
	if !m.dummyPrefix || !m.trimSpaces || !m.escapeSpaces || m.byteFallback {
		return nil, unsupported("sentencepiece normalizer of", "SiglipTokenizer")
	}
	t := &siglip{buffers: &sync.Pool{New: func() any { return new(buffers) }}}
	if len(m.charsmap) > 0 {
		if t.charsmap, err = parseCharsmap(m.charsmap); err != nil {
			return nil, err
		}
	}
	if t.model, err = m.unigram(); err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{EOS: token("</s>"), Unknown: token("<unk>"), Pad: token("</s>")})
	if err := t.setSpecial(c, s); err != nil {
		return nil, err
	}
	t.lead = []byte(s.Unknown.Content)
	b := new(buffers)
	t.encodeStretch(nil, b)
	t.leadIDs = len(b.ids)
	if c.MaxLength > 1 && c.MaxLength < 1e9 {
		t.maxTokens = int(c.MaxLength)
		t.padTo = t.maxTokens
	}
	return t, nil
}

// setSpecial finds the ids of the special tokens, which must be pieces of the model.
func (t *siglip) setSpecial(c *config, s specialTokens) error {
	var tokens []addedToken
	for _, a := range c.added(s, nil) {
		id, ok := t.model.id(a.Content)
		if !ok {
			return unsupported("SiglipTokenizer with a token outside its model", a.Content)
		}
		tokens = append(tokens, addedToken{Content: a.Content, ID: id, LeftStrip: true, RightStrip: true})
	}
	t.special = newAddedTokens(tokens, false)
	t.end, _ = t.model.id(s.EOS.Content)
	t.pad, _ = t.model.id(s.Pad.Content)
	t.mark = none
	if id, ok := t.model.id("▁"); ok {
		t.mark = id
	}
	return nil
}

// unigram is the model as sentencepiece itself runs it.
func (m *sentencePiece) unigram() (*unigram, error) {
	u := &unigram{ids: m.ids(), unknown: int64(m.unknown), single: true}
	var entries []entry
	least := float32(0)
	for i, p := range m.pieces {
		u.scores = append(u.scores, float64(p.score))
		switch p.kind {
		case spNormal:
			entries = append(entries, entry{p.text, int64(i)})
			least = min(least, p.score)
		case spUnknown, spControl:
		default:
			return nil, unsupported("SiglipTokenizer with pieces of kind", fmt.Sprint(p.kind))
		}
	}
	u.unknownScore = float64(least - unknownPenalty)
	u.trie = newTrie(entries)
	return u, nil
}

// PadID implements Tokenizer.
func (t *siglip) PadID() int64 { return t.pad }

// PadTo implements Tokenizer.
func (t *siglip) PadTo() int { return t.padTo }

// MaxTokens implements Tokenizer.
func (t *siglip) MaxTokens() int { return t.maxTokens }

// Truncated implements Tokenizer.
func (t *siglip) Truncated(maxTokens int) (Tokenizer, error) {
	if maxTokens <= 1 {
		return nil, fmt.Errorf("%d tokens leave no room beside 1 special one", maxTokens)
	}
	c := *t
	c.maxTokens = maxTokens
	return &c, nil
}

// Encode implements Tokenizer.
func (t *siglip) Encode(text string) ([]int64, error) {
	if !utf8.ValidString(text) {
		return nil, ErrUTF8
	}
	b := t.buffers.Get().(*buffers)
	defer t.buffers.Put(b)
	b.ids = b.ids[:0]
	b.source = append(append(b.source[:0], "▁"...), bytes.ReplaceAll([]byte(text), []byte("▁"), []byte(" "))...)
	for at := 0; at < len(b.source); {
		m, found := t.special.next(b.source, at)
		if !found {
			m.from, m.to = len(b.source), len(b.source)
		}
		if m.from > at {
			start := len(b.ids)
			t.encodeStretch(b.source[at:m.from], b)
			b.ids = append(b.ids[:start], b.ids[min(start+t.leadIDs, len(b.ids)):]...)
		}
		if found {
			if len(b.ids) == 1 && b.ids[0] == t.mark { // the mark before the text, and a special token first in it
				b.ids = b.ids[:0]
			}
			b.ids = append(b.ids, m.id)
		}
		at = m.to
	}
	return t.framed(b.ids), nil
}

// framed truncates ids and returns a copy that ends with the end token.
func (t *siglip) framed(ids []int64) []int64 {
	if t.maxTokens > 0 && len(ids) >= t.maxTokens {
		ids = ids[:t.maxTokens-1]
	}
	out := append(make([]int64, 0, len(ids)+1), ids...)
	if len(ids) > 0 && ids[len(ids)-1] == t.end {
		return out
	}
	return append(out, t.end)
}

// encodeStretch appends the ids of the lead and a stretch between special tokens.
func (t *siglip) encodeStretch(text []byte, b *buffers) {
	b.cleaned = appendCanonical(append(b.cleaned[:0], t.lead...), text)
	b.decomposed = t.appendNormal(b.decomposed[:0], b.cleaned)
	if len(b.decomposed) > 0 {
		b.ids = t.model.appendIDs(b.ids, b.decomposed, b)
	}
}

// appendCanonical lowercases text, drops ASCII punctuation, makes one space of white space and trims it.
func appendCanonical(dst, text []byte) []byte {
	start := len(dst)
	space := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch {
		case isPythonSpace(r):
			space = true
			continue
		case r < utf8.RuneSelf && isPunctuation(r):
			continue
		case space && len(dst) > start:
			dst = append(dst, ' ')
		}
		space = false
		dst = appendPythonLower(dst, text, i-size, r)
	}
	return dst
}

// isPythonSpace reports what Python counts as white space: the separators of ASCII as well.
func isPythonSpace(r rune) bool { return isSpace(r) || r >= 0x1C && r <= 0x1F }

// appendPythonLower appends the lowercase of r, which stands at text[at:], as Python has it: a sigma that ends a word
// has a form of its own.
func appendPythonLower(dst, text []byte, at int, r rune) []byte {
	if r != 'Σ' {
		return appendLower(dst, r)
	}
	if endsWord(text, at) {
		return append(dst, "ς"...)
	}
	return append(dst, "σ"...)
}

// endsWord reports that a letter with case goes before text[at] and none behind it (Unicode, table 3-17, Final_Sigma).
func endsWord(text []byte, at int) bool {
	before := false
	for i := at; i > 0; {
		r, size := utf8.DecodeLastRune(text[:i])
		i -= size
		if !isCaseIgnorable(r) {
			before = isCased(r)
			break
		}
	}
	if !before {
		return false
	}
	for i := at + len("Σ"); i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if !isCaseIgnorable(r) {
			return !isCased(r)
		}
	}
	return true
}

func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// isCaseIgnorable reports what does not interrupt a word: marks, formats, modifiers, and the punctuation inside words.
func isCaseIgnorable(r rune) bool {
	switch r {
	case '\'', '.', ':', '·', 0x387, 0x55F, 0x5F4, 0x2018, 0x2019, 0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07,
		0xFF0E, 0xFF1A:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// appendNormal does what sentencepiece does before its model: the longest replacements, spaces in a row as one, none at
// the ends, and "▁" for each and before the whole.
func (t *siglip) appendNormal(dst, text []byte) []byte {
	space := true // drops the spaces that follow
	for len(text) > 0 {
		part, n := t.charsmap.longest(text)
		text = text[n:]
		for _, c := range part {
			if c != ' ' {
				if space {
					dst = append(dst, "▁"...)
				}
				dst = append(dst, c)
			}
			space = c == ' '
		}
	}
	return dst
}

// longest returns what the beginning of text becomes, and how much of text that is.
func (p *precompiled) longest(text []byte) ([]byte, int) {
	_, size := utf8.DecodeRune(text)
	if p == nil {
		return text[:size], size
	}
	found, length := text[:size], size
	node := unitOffset(p.units[0])
	for i, c := range text {
		node ^= uint32(c)
		if c == 0 || int(node) >= len(p.units) || unitLabel(p.units[node]) != uint32(c) {
			break
		}
		unit := p.units[node]
		node ^= unitOffset(unit)
		if unitHasLeaf(unit) && int(node) < len(p.units) {
			if part, ok := p.replacement(unitValue(p.units[node])); ok {
				found, length = part, i+1
			}
		}
	}
	return found, length
}
