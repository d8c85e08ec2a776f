package tokenizer

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalForm is NFC, NFD, NFKC or NFKD of Unicode 9, as the reference has it: runes that came later have neither
// decompositions nor classes, so that what lies between two of them is normalised by itself.
type normalForm norm.Form

func (f normalForm) append(dst, s []byte, b *buffers) []byte {
	if norm.Form(f).QuickSpan(s) == len(s) {
		return append(dst, s...)
	}
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if isNewerThanForms(r) {
			dst = append(f.appendStretch(dst, s[start:i], b), s[i:i+size]...)
			start = i + size
		}
		i += size
	}
	return f.appendStretch(dst, s[start:], b)
}

func isNewerThanForms(r rune) bool {
	if r < 0x560 || r >= 0x3400 && r < 0x9FD6 || r >= 0xA000 && r < 0xA7AF || r >= 0xAC00 && r < 0xFBB2 {
		return false // where all was assigned by then, or nothing is
	}
	return !unicode.Is(unicode9, r)
}

// appendStretch normalises s by itself.
func (f normalForm) appendStretch(dst, s []byte, b *buffers) []byte {
	if piled(s) {
		return f.appendPiled(dst, s)
	}
	b.normal = norm.Form(f).Append(b.normal[:0], s...) // not to dst, whose end would combine with s
	return append(dst, b.normal...)
}

// piled reports that s may hold more marks in a row than the library takes at once. It sets U+034F between every 30
// ("Stream-Safe Text Format", UAX 15), which the reference does not.
func piled(s []byte) bool {
	const many = 12 // some marks come apart into two, and letters into up to four
	marks := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if r >= 0x300 && norm.NFD.Properties(s[i:]).CCC() != 0 {
			if marks++; marks > many {
				return true
			}
		} else {
			marks = 0
		}
		i += size
	}
	return false
}

// classed is a rune with its canonical combining class.
type classed struct {
	r     rune
	class uint8
}

// appendPiled normalises by the definitions (UAX 15, section 1.3): runes come apart, marks are ordered by class, and
// for NFC and NFKC what fits together is composed.
func (f normalForm) appendPiled(dst, s []byte) []byte {
	apart := norm.NFD
	if norm.Form(f) == norm.NFKC || norm.Form(f) == norm.NFKD {
		apart = norm.NFKD
	}
	var all []classed
	for _, r := range string(s) {
		for _, part := range apart.String(string(r)) {
			all = append(all, classed{part, norm.NFD.PropertiesString(string(part)).CCC()})
		}
	}
	order(all)
	if norm.Form(f) == norm.NFC || norm.Form(f) == norm.NFKC {
		all = composed(all)
	}
	for _, c := range all {
		dst = utf8.AppendRune(dst, c.r)
	}
	return dst
}

// order sorts the marks between two starters by class; those of one class stay in order.
func order(all []classed) {
	for i := 0; i < len(all); {
		end := i
		for end < len(all) && all[end].class != 0 {
			end++
		}
		slices.SortStableFunc(all[i:end], func(a, b classed) int { return cmp.Compare(a.class, b.class) })
		i = end + 1
	}
}

// composed joins each starter with what follows it and is not blocked by another rune of its class.
func composed(all []classed) []classed {
	out := all[:0]
	starter, last := -1, uint8(0) // the place of the starter in out; the class of what follows it there
	for _, c := range all {
		if starter >= 0 && (last < c.class || last == 0 && starter == len(out)-1) {
			pair := []rune(norm.NFC.String(string([]rune{out[starter].r, c.r})))
			if len(pair) == 1 {
				out[starter].r = pair[0]
				continue
			}
		}
		if last = c.class; c.class == 0 {
			starter = len(out)
		}
		out = append(out, c)
	}
	return out
}
