package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of runes: ASCII as bits, the rest by predicates, and the whole possibly complemented.
type class struct {
	ascii [2]uint64
	wide  []func(rune) bool
	not   bool
}

func (c *class) has(r rune) bool {
	if r < utf8.RuneSelf {
		return c.ascii[r>>6]>>(r&63)&1 == 1
	}
	for _, in := range c.wide {
		if in(r) {
			return !c.not
		}
	}
	return c.not
}

// mayStart reports whether a rune of c may begin with the byte b.
func (c *class) mayStart(b byte) bool {
	if b < utf8.RuneSelf {
		return c.has(rune(b))
	}
	return c.not || len(c.wide) > 0
}

// newClass returns the set of the runes for which in holds.
func newClass(in func(rune) bool) *class {
	c := &class{}
	c.add(in)
	return c
}

func (c *class) add(in func(rune) bool) {
	for r := rune(0); r < utf8.RuneSelf; r++ {
		if in(r) {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	c.wide = append(c.wide, in)
}

func (c *class) addRange(from, to rune) {
	in := func(r rune) bool { return from <= r && r <= to }
	if to >= utf8.RuneSelf {
		c.add(in)
		return
	}
	for r := from; r <= to; r++ {
		c.ascii[r>>6] |= 1 << (r & 63)
	}
}

// negate turns c, which must not be negated yet, into its complement.
func (c *class) negate() {
	c.ascii[0], c.ascii[1] = ^c.ascii[0], ^c.ascii[1]
	c.not = true
}

// addFolded adds the runes that differ from those of c in case only.
func (c *class) addFolded(r rune) {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		c.addRange(f, f)
	}
}

// rune decoding that is cheap for ASCII.
func decodeRune(text []byte) (rune, int) {
	if b := text[0]; b < utf8.RuneSelf {
		return rune(b), 1
	}
	return utf8.DecodeRune(text)
}
