package tokenizer

import (
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// The rune classes below are those of the reference implementation. It asks Unicode 8.0 for general categories, so a
// rune that was assigned later belongs to none: it is neither removed as a control or accent nor a punctuation mark.
// For white space and case it asks tables at least as new as Go's.

var unicode8 = rangetable.Assigned("8.0.0")

// isSpace reports white space, as Unicode's White_Space property has it.
func isSpace(r rune) bool { return unicode.IsSpace(r) }

// isControl reports the runes that cleaning removes: the categories Cc, Cf and Co, without tab, newline and return.
func isControl(r rune) bool {
	if r < 0x80 {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && unicode.Is(unicode8, r)
}

// isAccent reports the category Mn.
func isAccent(r rune) bool {
	switch r {
	case 0x1734: // Mc since Unicode 14
		return true
	case 0x1885, 0x1886, 0xA9BD, 0x111C9: // Lo, Lo, Mc and Po in Unicode 8
		return false
	}
	return r >= 0x300 && unicode.Is(unicode.Mn, r) && unicode.Is(unicode8, r)
}

// isPunctuation reports the category P, and every printable ASCII rune that is neither letter, digit nor space: "$"
// and "^" split words although Unicode calls them symbols.
func isPunctuation(r rune) bool {
	if r < 0x80 {
		return r >= '!' && r <= '/' || r >= ':' && r <= '@' || r >= '[' && r <= '`' || r >= '{' && r <= '~'
	}
	switch r {
	case 0x166D, 0x111C9: // So and Mn since
		return true
	}
	return unicode.IsPunct(r) && unicode.Is(unicode8, r)
}

// isIdeograph reports the blocks that BERT sets between spaces, so that each Chinese character is a word. Hangul and
// kana are not among them. The gap between U+2B81F and U+2B920 is the reference's.
func isIdeograph(r rune) bool {
	if r < 0x3400 {
		return false
	}
	return r >= 0x4E00 && r <= 0x9FFF ||
		r >= 0x3400 && r <= 0x4DBF ||
		r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0x2F800 && r <= 0x2FA1F
}

// isWord reports what \w matches in the reference's regular expressions, which decide whether a single_word added
// token stands alone.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic,
		unicode.Join_Control)
}
