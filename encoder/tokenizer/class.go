package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of runes: bits for those of most alphabets, and predicates for the others.
type class struct {
	bits [tabled / 64]uint64
	wide []func(rune) bool // for the runes from tabled on
	not  bool              // wide is to be negated
}

// tabled is where the large scripts begin.
const tabled = 0x3100

func (c *class) has(r rune) bool {
	if uint32(r) < tabled {
		return c.bits[uint32(r)>>6]>>(uint32(r)&63)&1 == 1
	}
	return c.hasWide(r)
}

func (c *class) hasWide(r rune) bool {
	for _, in := range c.wide {
		if in(r) {
			return !c.not
		}
	}
	return c.not
}

// mayStart reports whether the encoding of a rune of c may begin with the byte b.
func (c *class) mayStart(b byte) bool {
	from, to := rune(b), rune(b)
	switch {
	case b < utf8.RuneSelf:
	case b < 0xC2: // a later byte of an encoding
		return false
	case b < 0xE0:
		from, to = rune(b&0x1F)<<6, rune(b&0x1F)<<6+0x3F
	case b < 0xE3:
		from, to = rune(b&0xF)<<12, rune(b&0xF)<<12+0xFFF
	default:
		return c.not || len(c.wide) > 0 || b == 0xE3 && c.hasAny(0x3000, tabled-1)
	}
	return c.hasAny(from, to)
}

// hasAny reports whether c has one of the tabled runes from from to to.
func (c *class) hasAny(from, to rune) bool {
	for r := from; r <= to; r++ {
		if c.has(r) {
			return true
		}
	}
	return false
}

// newClass returns the set of the runes for which in holds.
func newClass(in func(rune) bool) *class {
	c := &class{}
	c.add(in)
	return c
}

func (c *class) add(in func(rune) bool) {
	for r := range rune(tabled) {
		if in(r) {
			c.bits[r>>6] |= 1 << (r & 63)
		}
	}
	c.wide = append(c.wide, in)
}

func (c *class) addRange(from, to rune) {
	for r := from; r <= min(to, tabled-1); r++ {
		c.bits[r>>6] |= 1 << (r & 63)
	}
	if to >= tabled {
		c.wide = append(c.wide, func(r rune) bool { return from <= r && r <= to })
	}
}

// negate turns c, which must not be negated yet, into its complement.
func (c *class) negate() {
	for i := range c.bits {
		c.bits[i] = ^c.bits[i]
	}
	c.not = true
}

// addFolded adds the runes that differ from r in case only.
func (c *class) addFolded(r rune) {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		c.addRange(f, f)
	}
}
