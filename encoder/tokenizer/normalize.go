package tokenizer

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalizer rewrites a text before it is split.
type normalizer interface {
	// append appends the normal form of s, which is valid UTF-8, to dst and returns it. b is working memory; b.headless
	// is set when the first rune of s is left out.
	append(dst, s []byte, b *buffers) []byte
}

// newNormalizer reads a normalizer; nil means none.
func newNormalizer(c *component) (normalizer, error) {
	if c == nil {
		return nil, nil
	}
	switch c.Type {
	case "Sequence":
		return newNormalizers(c)
	case "BertNormalizer":
		return newBertNormalizer(c)
	case "NFC":
		return normalForm(norm.NFC), nil
	case "NFD":
		return normalForm(norm.NFD), nil
	case "NFKC":
		return normalForm(norm.NFKC), nil
	case "NFKD":
		return normalForm(norm.NFKD), nil
	case "Lowercase":
		return lowercase{}, nil
	case "StripAccents":
		return stripAccents{}, nil
	case "Strip":
		s := strip{}
		return &s, c.read(&s)
	case "Prepend":
		p := prepender{}
		return &p, c.read(&p)
	case "Replace":
		return newReplacer(c)
	case "Precompiled":
		return newPrecompiled(c)
	case "Nmt":
		return nmt{}, nil
	case "ByteLevel":
		return byteAlphabet{}, nil
	}
	return nil, unsupported("normalizer.type", c.Type)
}

// normalizers run one after the other.
type normalizers []normalizer

func newNormalizers(c *component) (normalizer, error) {
	var s struct {
		Normalizers []*component `json:"normalizers"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	var all normalizers
	for _, part := range s.Normalizers {
		if part == nil {
			return nil, fmt.Errorf("%w: normalizer.normalizers has an empty entry", ErrMalformed)
		}
		n, err := newNormalizer(part)
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(normalizers); ok {
			all = append(all, inner...)
			continue
		}
		all = append(all, n)
	}
	return all, nil
}

func (all normalizers) append(dst, s []byte, b *buffers) []byte {
	if len(all) == 0 {
		return append(dst, s...)
	}
	// Two buffers take turns; the last one's result goes to dst.
	for i, n := range all[:len(all)-1] {
		b.stages[i&1] = n.append(b.stages[i&1][:0], s, b)
		s = b.stages[i&1]
	}
	return all[len(all)-1].append(dst, s, b)
}

type lowercase struct{}

func (lowercase) append(dst, s []byte, _ *buffers) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		dst = appendLower(dst, r)
		i += size
	}
	return dst
}

type stripAccents struct{}

func (stripAccents) append(dst, s []byte, b *buffers) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if isCombiningMark(r) {
			b.headless = b.headless || i == 0
		} else {
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

type strip struct {
	Left  bool `json:"strip_left"`
	Right bool `json:"strip_right"`
}

func (n *strip) append(dst, s []byte, b *buffers) []byte {
	if n.Left {
		left := bytes.TrimLeftFunc(s, isSpace)
		b.headless = b.headless || len(left) < len(s)
		s = left
	}
	if n.Right {
		s = bytes.TrimRightFunc(s, isSpace)
	}
	return append(dst, s...)
}

type prepender struct {
	Prepend string `json:"prepend"`
}

func (n *prepender) append(dst, s []byte, _ *buffers) []byte {
	if len(s) == 0 {
		return dst
	}
	return append(append(dst, n.Prepend...), s...)
}

// replacer puts content in the place of every match.
type replacer struct {
	pattern *pattern
	content string
}

func newReplacer(c *component) (normalizer, error) {
	var r struct {
		Pattern patternSpec `json:"pattern"`
		Content string      `json:"content"`
	}
	if err := c.read(&r); err != nil {
		return nil, err
	}
	p, err := r.Pattern.compile()
	return &replacer{pattern: p, content: r.Content}, err
}

func (n *replacer) append(dst, s []byte, b *buffers) []byte {
	at := 0
	for at < len(s) {
		from, to := n.pattern.next(s, at)
		if from < 0 {
			break
		}
		b.headless = b.headless || to > 0 && from == 0 && n.content == ""
		dst = append(append(dst, s[at:from]...), n.content...)
		at = to
	}
	return append(dst, s[at:]...)
}

// patternSpec is {"String": "x"} or {"Regex": "x+"}.
type patternSpec struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

func (s patternSpec) compile() (*pattern, error) {
	switch {
	case s.String != nil:
		return literalPattern(*s.String)
	case s.Regex != nil:
		return newPattern(*s.Regex)
	}
	return nil, fmt.Errorf("%w: a pattern is neither String nor Regex", ErrMalformed)
}

// nmt drops controls and makes spaces of other runes, as sentencepiece's rules "nmt" do.
type nmt struct{}

func (nmt) append(dst, s []byte, b *buffers) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r >= 1 && r <= 8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			b.headless = b.headless || i == 0
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028,
			r == 0x2029, r == 0x2581, r == 0xFEFF, r == utf8.RuneError:
			dst = append(dst, ' ')
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}
