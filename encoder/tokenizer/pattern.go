package tokenizer

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a regular expression as tokenizer files use them: alternatives of sequences of repeated character
// classes, tried in order as Perl and Oniguruma do, with Unicode meanings of \s, \w and \d. Whatever goes beyond that
// is refused when it is parsed. The standard library's expressions lack lookahead and have other meanings of these
// escapes.
type pattern struct {
	alternatives []sequence
	starts       [256]uint64 // byte → bits of the alternatives that may begin with it
}

// sequence matches its elements one after the other.
type sequence []element

type element struct {
	class    *class
	min, max int // of repetitions; max is noLimit for * and +
	kind     elementKind
	lazy     bool
	atomic   bool // never gives back what it matched
}

type elementKind uint8

const (
	repeated  elementKind = iota
	notAhead              // (?!x)
	ahead                 // (?=x)
	textStart             // \A and, where texts have no line breaks, ^
	textEnd               // \z
)

const noLimit = 1 << 30

// next returns the first match in text at or after at, or -1, -1.
func (p *pattern) next(text []byte, at int) (from, to int) {
	for ; at < len(text); at++ { // the later bytes of a rune start nothing
		if viable := p.starts[text[at]]; viable != 0 {
			if end := p.matchAt(text, at, viable); end > at {
				return at, end
			}
		}
	}
	return -1, -1
}

func (p *pattern) matchAt(text []byte, at int, viable uint64) int {
	for i := range p.alternatives {
		if viable>>i&1 == 0 {
			continue
		}
		if end := p.alternatives[i].match(text, at); end >= 0 {
			return end
		}
	}
	return -1
}

// match returns where a match of s that begins at at ends, or -1.
func (s sequence) match(text []byte, at int) int {
	for i := range s {
		e := &s[i]
		if e.kind != repeated {
			if !e.holds(text, at) {
				return -1
			}
			continue
		}
		if e.lazy {
			return s.matchLazily(text, at, i)
		}
		end, n := e.take(text, at, e.max)
		if n < e.min {
			return -1
		}
		if i == len(s)-1 {
			return end
		}
		if n == e.min || e.atomic {
			at = end
			continue
		}
		rest := s[i+1:]
		for {
			if m := rest.match(text, end); m >= 0 {
				return m
			}
			if n == e.min {
				return -1
			}
			_, size := utf8.DecodeLastRune(text[at:end])
			end, n = end-size, n-1
		}
	}
	return at
}

// matchLazily goes on with as few repetitions of element i as the rest allows.
func (s sequence) matchLazily(text []byte, at, i int) int {
	e := &s[i]
	end, n := e.take(text, at, e.min)
	if n < e.min {
		return -1
	}
	for {
		if m := s[i+1:].match(text, end); m >= 0 {
			return m
		}
		next, one := e.take(text, end, 1)
		if one == 0 || n == e.max {
			return -1
		}
		end, n = next, n+1
	}
}

// take matches up to limit repetitions and returns where they end and how many they are.
func (e *element) take(text []byte, at, limit int) (end, n int) {
	for n < limit && at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if !e.class.has(r) {
			break
		}
		at += size
		n++
	}
	return at, n
}

func (e *element) holds(text []byte, at int) bool {
	switch e.kind {
	case textStart:
		return at == 0
	case textEnd:
		return at == len(text)
	}
	is := false
	if at < len(text) {
		r, _ := utf8.DecodeRune(text[at:])
		is = e.class.has(r)
	}
	return is == (e.kind == ahead)
}

// newPattern parses an expression. What it cannot match is ErrUnsupported.
func newPattern(expression string) (*pattern, error) {
	p := &patternParser{rest: expression}
	alternatives, ok := p.alternatives()
	if !ok || p.rest != "" || len(alternatives) > 64 {
		return nil, unsupported("regular expression", expression)
	}
	for _, s := range alternatives {
		if s.matchesNothing() {
			return nil, unsupported("regular expression that matches nothing", expression)
		}
	}
	return compilePattern(alternatives), nil
}

// compilePattern notes which alternatives each byte may begin.
func compilePattern(alternatives []sequence) *pattern {
	p := &pattern{alternatives: alternatives}
	for i, s := range alternatives {
		for b := range 256 {
			if s.mayStart(byte(b)) {
				p.starts[b] |= 1 << i
			}
		}
	}
	return p
}

// literalPattern matches text itself.
func literalPattern(text string) (*pattern, error) {
	if text == "" {
		return nil, unsupported("pattern", text)
	}
	var s sequence
	for _, r := range text {
		c := &class{}
		c.addRange(r, r)
		s = append(s, element{class: c, min: 1, max: 1})
	}
	return compilePattern([]sequence{s}), nil
}

// matchesNothing reports that s may match the empty text.
func (s sequence) matchesNothing() bool {
	for _, e := range s {
		if e.kind == repeated && e.min > 0 {
			return false
		}
	}
	return true
}

func (s sequence) mayStart(b byte) bool {
	for i := range s {
		if s[i].kind != repeated {
			continue
		}
		if s[i].class.mayStart(b) {
			return true
		}
		if s[i].min > 0 {
			return false
		}
	}
	return true
}

// patternParser reads an expression from left to right.
type patternParser struct {
	rest string
	fold bool // inside (?i:…)
}

func (p *patternParser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *patternParser) rune() (rune, bool) {
	r, size := utf8.DecodeRuneInString(p.rest)
	p.rest = p.rest[size:]
	return r, size > 0
}

// alternatives reads up to a closing bracket or the end.
func (p *patternParser) alternatives() ([]sequence, bool) {
	var all []sequence
	for {
		some, ok := p.sequences()
		if !ok {
			return nil, false
		}
		all = append(all, some...)
		if !p.take("|") {
			return all, true
		}
	}
}

// sequences reads one alternative. A group in front makes several of it, in the order in which they would be tried; a
// group behind something that can give back would need another order and is refused.
func (p *patternParser) sequences() ([]sequence, bool) {
	all := []sequence{nil}
	for p.rest != "" && p.rest[0] != '|' && p.rest[0] != ')' {
		if kind, is := p.lookahead(); is {
			c, ok := p.class()
			if !ok || !p.take(")") {
				return nil, false
			}
			for i := range all {
				all[i] = append(all[i], element{class: c, kind: kind})
			}
			continue
		}
		if group, ok, is := p.group(); is {
			if !ok {
				return nil, false
			}
			if all, ok = joined(all, group); !ok {
				return nil, false
			}
			continue
		}
		e, ok := p.element()
		if !ok {
			return nil, false
		}
		for i := range all {
			all[i] = append(all[i], e)
		}
	}
	return all, true
}

// joined appends each of group to each of all.
func joined(all, group []sequence) ([]sequence, bool) {
	var out []sequence
	for _, a := range all {
		for _, e := range a {
			if len(group) > 1 && e.kind == repeated && e.min != e.max && !e.atomic {
				return nil, false
			}
		}
		for _, g := range group {
			out = append(out, append(append(sequence(nil), a...), g...))
		}
	}
	return out, true
}

// group reads (…), (?:…) and (?i:…), with or without ? behind; is is false where none begins.
func (p *patternParser) group() (group []sequence, ok, is bool) {
	outer := p.fold
	switch {
	case p.take("(?:"):
	case p.take("(?i:"):
		p.fold = true
	case strings.HasPrefix(p.rest, "(?"):
		return nil, false, true
	case p.take("("):
	default:
		return nil, false, false
	}
	group, ok = p.alternatives()
	p.fold = outer
	if !ok || !p.take(")") {
		return nil, false, true
	}
	if p.rest != "" && strings.ContainsRune("*+{", rune(p.rest[0])) {
		return nil, false, true
	}
	if p.take("?") {
		group = append(group, nil)
	}
	return group, true, true
}

// lookahead reads the beginning of one, whose inside must be a single class.
func (p *patternParser) lookahead() (kind elementKind, is bool) {
	switch {
	case p.take("(?!"):
		return notAhead, true
	case p.take("(?="):
		return ahead, true
	}
	return repeated, false
}

func (p *patternParser) element() (element, bool) {
	if p.take(`\A`) {
		return element{kind: textStart}, true
	}
	if p.take(`\z`) {
		return element{kind: textEnd}, true
	}
	c, ok := p.class()
	if !ok {
		return element{}, false
	}
	e := element{class: c, min: 1, max: 1}
	switch {
	case p.take("?"):
		e.min = 0
	case p.take("*"):
		e.min, e.max = 0, noLimit
	case p.take("+"):
		e.max = noLimit
	case p.take("{"):
		if !p.bounds(&e) {
			return element{}, false
		}
		return e, !strings.HasPrefix(p.rest, "+") && !strings.HasPrefix(p.rest, "?") // both mean other things there
	default:
		return e, true
	}
	switch {
	case p.take("+"):
		e.atomic = true
	case p.take("?"):
		e.lazy = true
	}
	return e, true
}

// bounds reads "3}", "1,3}", "2,}" or ",3}".
func (p *patternParser) bounds(e *element) bool {
	inside, rest, ok := strings.Cut(p.rest, "}")
	p.rest = rest
	low, high, both := strings.Cut(inside, ",")
	if !ok || low == "" && high == "" {
		return false
	}
	e.min, e.max = 0, noLimit
	var err error
	if low != "" {
		if e.min, err = strconv.Atoi(low); err != nil || e.min < 0 {
			return false
		}
	}
	if !both {
		e.max = e.min
		return true
	}
	if high != "" {
		if e.max, err = strconv.Atoi(high); err != nil {
			return false
		}
	}
	return e.min <= e.max && e.max > 0
}

func (p *patternParser) literal(r rune) element {
	c := &class{}
	c.addRange(r, r)
	if p.fold {
		c.addFolded(r)
	}
	return element{class: c, min: 1, max: 1}
}

// class reads one class: a rune, an escape, a dot or brackets.
func (p *patternParser) class() (*class, bool) {
	if p.take("[") {
		return p.brackets()
	}
	if p.take(`\`) {
		return p.escape()
	}
	if p.take(".") {
		c := newClass(func(r rune) bool { return r == '\n' })
		c.negate()
		return c, true
	}
	r, ok := p.rune()
	if !ok || strings.ContainsRune("*+?{}()|^$]", r) {
		return nil, false
	}
	return p.literal(r).class, true
}

// escape reads what follows a backslash.
func (p *patternParser) escape() (*class, bool) {
	r, ok := p.rune()
	if !ok {
		return nil, false
	}
	var c *class
	switch unicode.ToLower(r) {
	case 's':
		c = newClass(isSpace)
	case 'd':
		c = newClass(func(r rune) bool { return unicode.Is(unicode.Nd, r) || unicode.Is(newer.digit, r) })
	case 'w':
		c = newClass(isOnigurumaWord)
	case 'p':
		return p.property(r == 'P')
	default:
		if r, ok = p.escaped(r); !ok {
			return nil, false
		}
		return p.literal(r).class, true
	}
	if unicode.IsUpper(r) {
		c.negate()
	}
	return c, true
}

// property reads {L}, {Lu} or {Han} behind \p.
func (p *patternParser) property(not bool) (*class, bool) {
	if !p.take("{") {
		return nil, false
	}
	name, rest, ok := strings.Cut(p.rest, "}")
	p.rest = rest
	if strings.HasPrefix(name, "^") {
		name, not = name[1:], !not
	}
	in, known := property(name)
	if !ok || !known {
		return nil, false
	}
	c := newClass(in)
	if not {
		c.negate()
	}
	return c, true
}

// brackets reads a bracketed class behind its "[".
func (p *patternParser) brackets() (*class, bool) {
	c := &class{}
	not := p.take("^")
	for first := true; ; first = false {
		if !first && p.take("]") {
			break
		}
		if strings.HasPrefix(p.rest, "[") || strings.HasPrefix(p.rest, "&&") || strings.HasPrefix(p.rest, "]") {
			return nil, false // nested classes, intersections, and a "]" that is not escaped
		}
		if !p.item(c) {
			return nil, false
		}
	}
	if not {
		c.negate()
	}
	return c, true
}

// item adds one rune, range or escape to c.
func (p *patternParser) item(c *class) bool {
	low, is, ok := p.single()
	if !ok {
		return false
	}
	if !is {
		p.rest = p.rest[1:] // the backslash
		in, ok := p.escape()
		if !ok {
			return false
		}
		c.add(in.has)
		return true
	}
	high := low
	if strings.HasPrefix(p.rest, "-") && !strings.HasPrefix(p.rest, "-]") {
		p.rest = p.rest[1:]
		if high, is, ok = p.single(); !ok || !is || high < low {
			return false
		}
	}
	c.addRange(low, high)
	if p.fold {
		if high-low > 255 {
			return false
		}
		for r := low; r <= high; r++ {
			c.addFolded(r)
		}
	}
	return true
}

// single reads a rune that stands for itself or is escaped; is is false, and nothing is read, at a class like \s.
func (p *patternParser) single() (r rune, is, ok bool) {
	if !strings.HasPrefix(p.rest, `\`) {
		r, ok = p.rune()
		return r, ok, ok
	}
	if len(p.rest) < 2 {
		return 0, false, false
	}
	switch p.rest[1] {
	case 's', 'S', 'd', 'D', 'w', 'W', 'p', 'P':
		return 0, false, true
	}
	p.rest = p.rest[1:]
	r, _ = p.rune()
	r, ok = p.escaped(r)
	return r, ok, ok
}

// escaped returns the rune that \r stands for: \n, \u00e9, or a mark that would mean something without the backslash.
func (p *patternParser) escaped(r rune) (rune, bool) {
	switch r {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'f':
		return '\f', true
	case 'v':
		return '\v', true
	case 'u':
		if len(p.rest) < 4 {
			return 0, false
		}
		code, err := strconv.ParseUint(p.rest[:4], 16, 16)
		p.rest = p.rest[4:]
		return rune(code), err == nil && utf8.ValidRune(rune(code))
	}
	return r, r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}
