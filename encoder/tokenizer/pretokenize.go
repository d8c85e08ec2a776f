package tokenizer

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// span is text[from:to], a part of a text that its tokens do not cross.
type span struct{ from, to int }

// pieces are the parts into which a normalised text has been split so far.
type pieces struct {
	text  []byte
	spans []span
	first bool // the text begins where the caller's text does
	// What the next step writes, taking turns with the above.
	nextText  []byte
	nextSpans []span
	matches   []match
}

// match is a part of a text that a pattern matches, or one between two of them.
type match struct {
	span
	is bool
}

// preTokenizer splits every piece further.
type preTokenizer interface{ split(p *pieces) }

// newPreTokenizers reads a pre_tokenizer as steps in order.
func newPreTokenizers(c *component) ([]preTokenizer, error) {
	if c == nil {
		return nil, nil
	}
	switch c.Type {
	case "Sequence":
		return newPreTokenizerSequence(c)
	case "BertPreTokenizer":
		return []preTokenizer{&bertSplitter{punctuation: newClass(isPunctuation)}}, nil
	case "Whitespace":
		return []preTokenizer{newWordSplitter()}, nil
	case "WhitespaceSplit":
		return steps(newClassSplitter(isSpace, "Removed"))
	case "Punctuation":
		return newPunctuation(c)
	case "Digits":
		return newDigits(c)
	case "ByteLevel":
		return newByteLevel(c)
	case "Metaspace":
		return newMetaspace(c)
	case "Split":
		return newSplit(c)
	}
	return nil, unsupported("pre_tokenizer.type", c.Type)
}

func steps(step preTokenizer, err error) ([]preTokenizer, error) { return []preTokenizer{step}, err }

func newPreTokenizerSequence(c *component) ([]preTokenizer, error) {
	var s struct {
		PreTokenizers []*component `json:"pretokenizers"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	var all []preTokenizer
	for _, part := range s.PreTokenizers {
		if part == nil {
			return nil, fmt.Errorf("%w: pre_tokenizer.pretokenizers has an empty entry", ErrMalformed)
		}
		some, err := newPreTokenizers(part)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func newPunctuation(c *component) ([]preTokenizer, error) {
	s := struct {
		Behavior string `json:"behavior"`
	}{"Isolated"}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	return steps(newClassSplitter(isPunctuation, s.Behavior))
}

func newDigits(c *component) ([]preTokenizer, error) {
	var s struct {
		Individual bool `json:"individual_digits"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	if s.Individual {
		return steps(newClassSplitter(isNumeric, "Isolated"))
	}
	return steps(newClassSplitter(isNumeric, "Contiguous"))
}

func newSplit(c *component) ([]preTokenizer, error) {
	var s struct {
		Pattern  patternSpec `json:"pattern"`
		Behavior string      `json:"behavior"`
		Invert   bool        `json:"invert"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	p, err := s.Pattern.compile()
	if err != nil {
		return nil, err
	}
	b, err := parseBehaviour(s.Behavior)
	return steps(&splitter{pattern: p, behaviour: b, invert: s.Invert}, err)
}

// behaviour says what becomes of the matches that a text is split at.
type behaviour uint8

const (
	removed behaviour = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

func parseBehaviour(name string) (behaviour, error) {
	all := map[string]behaviour{"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
		"MergedWithNext": mergedWithNext, "Contiguous": contiguous}
	b, ok := all[name]
	if !ok {
		return 0, unsupported("pre_tokenizer.behavior", name)
	}
	return b, nil
}

// splitter splits at the matches of a pattern, or of what is between them.
type splitter struct {
	pattern   *pattern
	behaviour behaviour
	invert    bool
}

func newSplitter(expression, name string, invert bool) (preTokenizer, error) {
	p, err := newPattern(expression)
	if err != nil {
		return nil, err
	}
	b, err := parseBehaviour(name)
	return &splitter{pattern: p, behaviour: b, invert: invert}, err
}

// newClassSplitter splits at single runes.
func newClassSplitter(in func(rune) bool, name string) (preTokenizer, error) {
	b, err := parseBehaviour(name)
	s := sequence{{class: newClass(in), min: 1, max: 1}}
	return &splitter{pattern: compilePattern([]sequence{s}), behaviour: b}, err
}

func (s *splitter) split(p *pieces) {
	p.nextSpans = p.nextSpans[:0]
	for _, whole := range p.spans {
		// An expression sees its piece alone: what is before and behind is none of its business.
		text := p.text[whole.from:whole.to]
		p.matches = s.pattern.appendMatches(p.matches[:0], text, s.invert)
		p.nextSpans = s.behaviour.append(p.nextSpans, p.matches, whole.from)
	}
	p.spans, p.nextSpans = p.nextSpans, p.spans
}

// appendMatches covers text with matches and what is between them.
func (p *pattern) appendMatches(dst []match, text []byte, invert bool) []match {
	for at := 0; at < len(text); {
		from, to := p.next(text, at)
		if from < 0 {
			return append(dst, match{span{at, len(text)}, invert})
		}
		if from > at {
			dst = append(dst, match{span{at, from}, invert})
		}
		dst = append(dst, match{span{from, to}, !invert})
		at = to
	}
	return dst
}

// append turns matches into spans, all moved by offset.
func (b behaviour) append(dst []span, matches []match, offset int) []span {
	start := len(dst)
	switch b {
	case removed, isolated:
		for _, m := range matches {
			if b == isolated || !m.is {
				dst = append(dst, span{offset + m.from, offset + m.to})
			}
		}
	case contiguous, mergedWithPrevious:
		before := false
		for _, m := range matches {
			join := m.is == before
			if b == mergedWithPrevious {
				join = m.is && !before
			}
			if join && len(dst) > start {
				dst[len(dst)-1].to = offset + m.to
			} else {
				dst = append(dst, span{offset + m.from, offset + m.to})
			}
			before = m.is
		}
	case mergedWithNext:
		for i, m := range matches {
			// A match joins what follows it, unless that is a match too.
			if i > 0 && matches[i-1].is && !m.is {
				dst[len(dst)-1].to = offset + m.to
			} else {
				dst = append(dst, span{offset + m.from, offset + m.to})
			}
		}
	}
	return dst
}

// newWordSplitter keeps words and what is neither word nor white space: \w+|[^\w\s]+.
func newWordSplitter() preTokenizer {
	other := newClass(func(r rune) bool { return isWord(r) || isSpace(r) })
	other.negate()
	return &splitter{invert: true, behaviour: removed, pattern: compilePattern([]sequence{
		{{class: newClass(isWord), min: 1, max: noLimit}}, {{class: other, min: 1, max: noLimit}},
	})}
}

// bertSplitter splits at white space, which it drops, and round punctuation.
type bertSplitter struct{ punctuation *class }

func (s *bertSplitter) split(p *pieces) {
	p.nextSpans = p.nextSpans[:0]
	for _, whole := range p.spans {
		word := whole.from // where the current word starts
		for i := whole.from; i < whole.to; {
			r, size := utf8.DecodeRune(p.text[i:])
			space := isSpace(r)
			if !space && !s.punctuation.has(r) {
				i += size
				continue
			}
			if word < i {
				p.nextSpans = append(p.nextSpans, span{word, i})
			}
			if !space {
				p.nextSpans = append(p.nextSpans, span{i, i + size})
			}
			i += size
			word = i
		}
		if word < whole.to {
			p.nextSpans = append(p.nextSpans, span{word, whole.to})
		}
	}
	p.spans, p.nextSpans = p.nextSpans, p.spans
}

// The expressions of GPT-2 (Radford et al. 2019) and of CLIP (Radford et al. 2021).
const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	clipPattern = `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`
)

// newByteLevel reads GPT-2's pre-tokenizer: a space in front, its expression, and bytes written as letters.
func newByteLevel(c *component) ([]preTokenizer, error) {
	s := struct {
		AddPrefixSpace bool `json:"add_prefix_space"`
		UseRegex       bool `json:"use_regex"`
	}{UseRegex: true}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	var all []preTokenizer
	if s.AddPrefixSpace {
		all = append(all, prefixSpace{})
	}
	if s.UseRegex {
		words, err := newSplitter(gpt2Pattern, "Isolated", false)
		if err != nil {
			return nil, err
		}
		all = append(all, words)
	}
	return append(all, byteAlphabet{}), nil
}

// rewrite replaces every piece by what write appends for it.
func (p *pieces) rewrite(write func(dst, piece []byte) []byte) {
	p.nextText = p.nextText[:0]
	for i, s := range p.spans {
		from := len(p.nextText)
		p.nextText = write(p.nextText, p.text[s.from:s.to])
		p.spans[i] = span{from, len(p.nextText)}
	}
	p.text, p.nextText = p.nextText, p.text
}

// prefixSpace puts a space before every piece that has none.
type prefixSpace struct{}

func (prefixSpace) split(p *pieces) {
	p.rewrite(func(dst, piece []byte) []byte {
		if piece[0] != ' ' {
			dst = append(dst, ' ')
		}
		return append(dst, piece...)
	})
}

// byteAlphabet writes each byte as a rune that can be printed, as GPT-2 does, so that vocabularies are readable.
type byteAlphabet struct{}

func (byteAlphabet) split(p *pieces) {
	p.rewrite(func(dst, piece []byte) []byte { return byteAlphabet{}.append(dst, piece, nil) })
}

func (byteAlphabet) append(dst, s []byte, _ *buffers) []byte {
	for _, b := range s {
		dst = utf8.AppendRune(dst, byteRune(b))
	}
	return dst
}

// byteRune is the rune that stands for a byte: itself where it prints, else one from U+0100 on, counted in order.
func byteRune(b byte) rune {
	switch {
	case b >= '!' && b <= '~', b >= 0xA1 && b != 0xAD:
		return rune(b)
	case b <= ' ':
		return 0x100 + rune(b)
	case b <= 0xA0:
		return 0x121 + rune(b-0x7F)
	}
	return 0x143 // 0xAD, the soft hyphen
}

// metaspace writes spaces as another rune, puts one in front, and splits before each.
type metaspace struct {
	replacement []byte
	prepend     string // "always", "first" or "never"
	splits      bool
}

func newMetaspace(c *component) ([]preTokenizer, error) {
	s := struct {
		Replacement    string `json:"replacement"`
		PrependScheme  string `json:"prepend_scheme"`
		AddPrefixSpace *bool  `json:"add_prefix_space"`
		Split          *bool  `json:"split"`
	}{PrependScheme: "always"}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(s.Replacement) != 1 {
		return nil, fmt.Errorf("%w: Metaspace replaces spaces by %q", ErrMalformed, s.Replacement)
	}
	if s.AddPrefixSpace != nil && !*s.AddPrefixSpace {
		s.PrependScheme = "never"
	}
	switch s.PrependScheme {
	case "always", "first", "never":
	default:
		return nil, unsupported("pre_tokenizer.prepend_scheme", s.PrependScheme)
	}
	m := &metaspace{replacement: []byte(s.Replacement), prepend: s.PrependScheme, splits: s.Split == nil || *s.Split}
	return []preTokenizer{m}, nil
}

func (m *metaspace) split(p *pieces) {
	p.nextText, p.nextSpans = p.nextText[:0], p.nextSpans[:0]
	for _, s := range p.spans {
		start := len(p.nextText)
		piece := p.text[s.from:s.to]
		if piece[0] != ' ' && !bytes.HasPrefix(piece, m.replacement) &&
			(m.prepend == "always" || m.prepend == "first" && p.first && s.from == 0) {
			p.nextText = append(p.nextText, m.replacement...)
		}
		for _, b := range piece {
			if b == ' ' {
				p.nextText = append(p.nextText, m.replacement...)
			} else {
				p.nextText = append(p.nextText, b)
			}
		}
		if m.splits {
			p.nextSpans = m.appendSpans(p.nextSpans, p.nextText, start)
		} else {
			p.nextSpans = append(p.nextSpans, span{start, len(p.nextText)})
		}
	}
	p.text, p.nextText = p.nextText, p.text
	p.spans, p.nextSpans = p.nextSpans, p.spans
}

// appendSpans splits text[at:] before every replacement.
func (m *metaspace) appendSpans(dst []span, text []byte, at int) []span {
	for at < len(text) {
		from := at
		if bytes.HasPrefix(text[at:], m.replacement) {
			from += len(m.replacement)
		}
		next := bytes.Index(text[from:], m.replacement)
		if next < 0 {
			return append(dst, span{at, len(text)})
		}
		dst = append(dst, span{at, from + next})
		at = from + next
	}
	return dst
}
