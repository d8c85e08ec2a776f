package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bertNormalizer cleans, splits ideographs, strips accents and lowercases, in this order, as BertNormalizer does.
type bertNormalizer struct {
	clean, ideographs, stripAccents, lowercase bool
}

func newNormalizer(s *normalizerSpec) (*bertNormalizer, error) {
	if s == nil {
		return &bertNormalizer{}, nil
	}
	if s.Type != "BertNormalizer" {
		return nil, unsupported("normalizer.type", s.Type)
	}
	n := &bertNormalizer{clean: s.CleanText, ideographs: s.HandleChineseChars, lowercase: s.Lowercase}
	n.stripAccents = s.Lowercase
	if s.StripAccents != nil {
		n.stripAccents = *s.StripAccents
	}
	return n, nil
}

// append appends the normal form of s to dst and returns it. s is valid UTF-8; b is working memory.
func (n *bertNormalizer) append(dst []byte, s string, b *buffers) []byte {
	if isASCII(s) {
		return n.appendASCII(dst, s)
	}
	b.cleaned = n.appendClean(b.cleaned[:0], s)
	text := b.cleaned
	if n.stripAccents {
		// Composed letters come apart, so that their accents can be dropped one by one.
		b.decomposed = norm.NFD.Append(b.decomposed[:0], b.cleaned...)
		text = b.decomposed
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if n.stripAccents && isAccent(r) {
			continue
		}
		if n.lowercase {
			dst = appendLower(dst, r)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendASCII is append for text in which there is nothing to decompose.
func (n *bertNormalizer) appendASCII(dst []byte, s string) []byte {
	for i := range len(s) {
		b := s[i]
		switch {
		case n.lowercase && 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		case !n.clean || b > ' ' && b != 0x7f:
		case b == ' ' || b == '\t' || b == '\n' || b == '\r':
			b = ' '
		default:
			continue
		}
		dst = append(dst, b)
	}
	return dst
}

func (n *bertNormalizer) appendClean(dst []byte, s string) []byte {
	for _, r := range s {
		if n.clean {
			if r == 0 || r == utf8.RuneError || isControl(r) {
				continue
			}
			if isSpace(r) {
				r = ' '
			}
		}
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

// appendLower appends the full lowercase mapping of r, regardless of context. One rune has a mapping of its own that
// Go's simple mapping lacks: the capital i with a dot keeps its dot as a combining mark.
func appendLower(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, byte(r))
	}
	if r == 'İ' {
		return append(dst, "i̇"...)
	}
	return utf8.AppendRune(dst, unicode.ToLower(r))
}
