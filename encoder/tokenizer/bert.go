package tokenizer

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bertNormalizer cleans, splits ideographs, strips accents and lowercases, in this order.
type bertNormalizer struct {
	clean, ideographs, stripAccents, lowercase bool
	dropped                                    *class // by cleaning
	accents                                    *class
}

func newBertNormalizer(c *component) (normalizer, error) {
	var s struct {
		CleanText          bool  `json:"clean_text"`
		HandleChineseChars bool  `json:"handle_chinese_chars"`
		StripAccents       *bool `json:"strip_accents"` // absent: as lowercase
		Lowercase          bool  `json:"lowercase"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	n := &bertNormalizer{clean: s.CleanText, ideographs: s.HandleChineseChars, lowercase: s.Lowercase,
		accents: newClass(isAccent),
		dropped: newClass(func(r rune) bool { return r == 0 || r == utf8.RuneError || isControl(r) })}
	n.stripAccents = s.Lowercase
	if s.StripAccents != nil {
		n.stripAccents = *s.StripAccents
	}
	return n, nil
}

func (n *bertNormalizer) append(dst, s []byte, b *buffers) []byte {
	if isASCII(s) {
		return n.appendASCII(dst, s, b)
	}
	b.cleaned = n.appendClean(b.cleaned[:0], s, b)
	text := b.cleaned
	if n.stripAccents {
		// Composed letters come apart, so that their accents can be dropped one by one.
		b.decomposed = normalForm(norm.NFD).append(b.decomposed[:0], b.cleaned, b)
		text = b.decomposed
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case n.stripAccents && n.accents.has(r):
			b.headless = b.headless || i == 0
		case n.lowercase:
			dst = appendLower(dst, r)
		default:
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}

func isASCII(s []byte) bool {
	for _, b := range s {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendASCII is append for text in which there is nothing to decompose.
func (n *bertNormalizer) appendASCII(dst, s []byte, b *buffers) []byte {
	for i, c := range s {
		switch {
		case n.lowercase && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case !n.clean || c > ' ' && c != 0x7f:
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			c = ' '
		default:
			b.headless = b.headless || i == 0
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

func (n *bertNormalizer) appendClean(dst, s []byte, b *buffers) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if n.clean {
			if n.dropped.has(r) {
				b.headless = b.headless || i == 0
				i += size
				continue
			}
			if isSpace(r) {
				r = ' '
			}
		}
		i += size
		if n.ideographs && isIdeograph(r) {
			dst = append(dst, ' ')
			dst = utf8.AppendRune(dst, r)
			dst = append(dst, ' ')
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
