package tokenizer

import (
	"math"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// The rune classes below are those of the reference implementation, whose parts have Unicode tables of several ages:
// 8.0 for the categories that BERT asks for, 9.0 for normal forms and for accents, and later ones than Go's for
// letters, case, numbers and grapheme clusters (see tables.go).
var (
	unicode8 = rangetable.Assigned("8.0.0")
	unicode9 = rangetable.Assigned("9.0.0")
)

// ranges makes a table of first and last runes in ascending order.
func ranges(pairs [][2]rune) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	for _, p := range pairs {
		t.R32 = append(t.R32, unicode.Range32{Lo: uint32(p[0]), Hi: uint32(p[1]), Stride: 1})
	}
	// The tables of the standard library keep runes of two bytes apart; a lookup wants it so.
	for len(t.R32) > 0 && t.R32[0].Hi <= math.MaxUint16 {
		r := t.R32[0]
		t.R16 = append(t.R16, unicode.Range16{Lo: uint16(r.Lo), Hi: uint16(r.Hi), Stride: 1})
		t.R32 = t.R32[1:]
	}
	return t
}

// isSpace reports white space, as Unicode's White_Space property has it.
func isSpace(r rune) bool {
	if r < 0x1680 {
		return r == ' ' || r >= '\t' && r <= '\r' || r == 0x85 || r == 0xA0
	}
	return r == 0x1680 || r >= 0x2000 && r <= 0x200A || r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000
}

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

// isCombiningMark reports the category M.
func isCombiningMark(r rune) bool {
	switch r {
	case 0x1CF2, 0x1CF3: // Lo since Unicode 12
		return true
	case 0x111C9: // Po until Unicode 11
		return false
	}
	return r >= 0x300 && unicode.IsMark(r) && unicode.Is(unicode9, r)
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

// isNumeric reports the category N.
func isNumeric(r rune) bool { return unicode.IsNumber(r) || unicode.Is(newer.numeric, r) }

// isWord reports what \w matches in the reference's own expressions, which decide whether a single_word added token
// stands alone and where the pre-tokenizer Whitespace splits.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic,
		unicode.Join_Control) || unicode.Is(newer.word, r)
}

// isOnigurumaWord reports what \w matches in the expressions of a tokenizer.json, which another library reads.
func isOnigurumaWord(r rune) bool {
	switch r {
	case '²', '³', '¹', '¼', '½', '¾':
		return true
	case 0x200C, 0x200D:
		return false
	}
	return isWord(r)
}

// property returns the runes of \p{name}, a general category or a script.
func property(name string) (func(rune) bool, bool) {
	table, ok := unicode.Categories[name]
	if !ok {
		if table, ok = unicode.Scripts[name]; !ok {
			return nil, false
		}
	}
	more, ok := map[string]*unicode.RangeTable{
		"L": newer.letter, "Lu": newer.upper, "N": newer.number, "Nd": newer.digit, "P": newer.punct, "M": newer.mark,
		"S": newer.symbol, "Han": newer.han,
	}[name]
	if !ok {
		return func(r rune) bool { return unicode.Is(table, r) }, true
	}
	return func(r rune) bool { return unicode.Is(table, r) || unicode.Is(more, r) }, true
}

// appendLower appends the full lowercase mapping of r, regardless of context. One rune has a mapping of its own that
// Go's simple mapping lacks: the capital i with a dot keeps its dot as a combining mark.
func appendLower(dst []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, byte(r))
	case r == 'İ':
		return append(dst, "i̇"...)
	case r >= 0x2E80 && r < 0xA640: // the large scripts have no case
		return utf8.AppendRune(dst, r)
	}
	if lower := unicode.ToLower(r); lower != r {
		return utf8.AppendRune(dst, lower)
	}
	if r < 0x1C89 { // the first of the newer ones
		return utf8.AppendRune(dst, r)
	}
	if lower, ok := newerLower[r]; ok {
		r = lower
	}
	return utf8.AppendRune(dst, r)
}

// continuesCluster reports that r belongs to the same grapheme cluster as the rune before it, unless that is a
// control (UAX 29, rules GB9 and GB9a).
func continuesCluster(r rune) bool {
	if r < 0x300 || r >= 0x3100 && r < 0xA66F || r >= 0xAC00 && r < 0xFB1E { // the large scripts have none
		return false
	}
	switch {
	case unicode.Is(newer.extend, r):
		return true
	case r == 0x200D || r >= 0x1F3FB && r <= 0x1F3FF: // joiner, skin tones
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Other_Grapheme_Extend) && !unicode.Is(notExtend, r)
}

// prepend are runes whose grapheme cluster goes on with the next rune (GB9b).
var prepend = ranges([][2]rune{
	{0x600, 0x605}, {0x6DD, 0x6DD}, {0x70F, 0x70F}, {0x890, 0x891}, {0x8E2, 0x8E2}, {0xD4E, 0xD4E}, {0x110BD, 0x110BD},
	{0x110CD, 0x110CD}, {0x111C2, 0x111C3}, {0x113D1, 0x113D1}, {0x1193F, 0x1193F}, {0x11941, 0x11941},
	{0x11A3A, 0x11A3A}, {0x11A84, 0x11A89}, {0x11D46, 0x11D46}, {0x11F02, 0x11F02},
})

// endsCluster reports the runes that are a grapheme cluster of their own (GB4, GB5): controls, and format characters
// that neither join nor are prepended.
func endsCluster(r rune) bool {
	if r < 0x80 {
		return r < 0x20 || r == 0x7F
	}
	if r == 0x200C || r == 0x200D || unicode.Is(prepend, r) || r >= 0xE0020 && r <= 0xE007F {
		return false
	}
	if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
		return true
	}
	return r >= 0xE0000 && r <= 0xE0FFF && !unicode.IsMark(r) || r >= 0xFFF0 && r <= 0xFFF8 || r == 0x2065 // unassigned
}
