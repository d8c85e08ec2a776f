package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"pinax/engine"
)

// Bounds on what one document may decode to. A byte or two of JSON can become a hundred in memory; a batch of a thousand
// items with vectors of two thousand numbers is within them.
const (
	maxObjects = 100_000
	maxValues  = 4_000_000
	maxDepth   = 64
)

// errSyntax stands for what encoding/json explains better.
var errSyntax = errors.New("not JSON")

// scanJSON refuses what encoding/json lets pass or explains without the place: names that are unknown, in another case or
// given twice, values of another kind, null among numbers, halves of surrogate pairs, and documents that decode to too
// much. It knows the names and kinds from the type that the document is decoded into.
//
// It makes sure of the structure and of literals only; lists of numbers and escapes are left to encoding/json, which must run
// after it.
// It returns errSyntax where that will fail.
func scanJSON(body []byte, t reflect.Type) error {
	s := scan{rest: body}
	if err := s.value(shapeOf(t)); err != nil {
		return err
	}
	if s.next(); len(s.rest) > 0 { // a zero byte is no end
		return engine.Errorf(engine.CodeInvalid, "the body has something behind the JSON document")
	}
	if s.objects > maxObjects || s.values > maxValues {
		return engine.Errorf(engine.CodeTooLarge, "the body has %d objects and %d values, the limits are %d and %d",
			s.objects, s.values, maxObjects, maxValues)
	}
	return nil
}

// shape is what a value may be.
type shape struct {
	begins  string // the bytes that it may begin with, but for null; "": any
	kind    string // what it is called
	fields  map[string]field
	element *shape // of a list, or of an object with free names; nil: anything
	numbers bool   // a list of numbers
}

// field is one name of an object with fixed names.
type field struct {
	shape *shape
	bit   uint64 // to tell whether it was seen
}

func shapeOf(t reflect.Type) *shape {
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Struct:
		s := &shape{begins: "{", kind: "an object", fields: make(map[string]field, t.NumField())}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			s.fields[name] = field{shapeOf(t.Field(i).Type), 1 << i}
		}
		return s
	case reflect.Map:
		return &shape{begins: "{", kind: "an object", element: shapeOf(t.Elem())}
	case reflect.Slice:
		number := t.Elem().Kind() == reflect.Float32
		return &shape{begins: "[", kind: "a list", element: shapeOf(t.Elem()), numbers: number}
	case reflect.String:
		return &shape{begins: `"`, kind: "a string"}
	case reflect.Bool:
		return &shape{begins: "tf", kind: "true or false"}
	case reflect.Interface:
		return &shape{}
	}
	return &shape{begins: "-0123456789", kind: "a number"}
}

// scan is a walk over a document.
type scan struct {
	rest            []byte // what is still to be read
	path            []step // to the value that is being read
	objects, values int
}

// step leads from a value to one inside of it: by name in an object, by index in a list.
type step struct {
	name  []byte // nil: in a list
	index int
}

// next returns the first byte behind white space, 0 at the end.
func (s *scan) next() byte {
	for i, b := range s.rest {
		if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			s.rest = s.rest[i:]
			return b
		}
	}
	s.rest = nil
	return 0
}

// take reads over the next byte if it is b.
func (s *scan) take(b byte) bool {
	if s.next() != b {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scan) value(want *shape) error {
	if want == nil {
		want = &shape{}
	}
	s.values++
	b := s.next()
	if b != 0 && b != 'n' && want.begins != "" && strings.IndexByte(want.begins, b) < 0 {
		if strings.IndexByte(`{["tf-0123456789`, b) < 0 {
			return errSyntax
		}
		return s.fail("must be " + want.kind)
	}
	switch {
	case b == '{':
		return s.object(want)
	case b == '[' && want.numbers:
		return s.numbers()
	case b == '[':
		return s.list(want)
	case b == '"':
		_, err := s.text()
		return err
	}
	end := bytes.IndexAny(s.rest, ",]} \n\r\t")
	if end < 0 {
		end = len(s.rest)
	}
	// A decoder would stop behind a literal and leave what is glued to it unread.
	if !json.Valid(s.cut(end)) {
		return errSyntax
	}
	return nil
}

func (s *scan) object(want *shape) error {
	if s.objects++; len(s.path) > maxDepth {
		return s.fail("is nested too deep")
	}
	s.rest = s.rest[1:]
	if s.take('}') {
		return nil
	}
	var seen uint64
	var names map[string]struct{} // of an object with free names
	s.path = append(s.path, step{})
	for {
		if s.next() != '"' {
			return errSyntax
		}
		name, err := s.name()
		if err != nil {
			return err
		}
		s.path[len(s.path)-1].name = name
		inner := want.element
		if want.fields != nil {
			f, ok := want.fields[string(name)]
			if !ok {
				return s.unknown(want)
			}
			if seen&f.bit != 0 {
				return s.fail("is given twice")
			}
			seen, inner = seen|f.bit, f.shape
		} else {
			if _, twice := names[string(name)]; twice {
				return s.fail("is given twice")
			}
			if names == nil {
				names = map[string]struct{}{}
			}
			names[string(name)] = struct{}{}
		}
		if !s.take(':') {
			return errSyntax
		}
		if err := s.value(inner); err != nil {
			return err
		}
		if s.take('}') {
			s.path = s.path[:len(s.path)-1]
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

func (s *scan) list(want *shape) error {
	if len(s.path) > maxDepth {
		return s.fail("is nested too deep")
	}
	s.rest = s.rest[1:]
	if s.take(']') {
		return nil
	}
	s.path = append(s.path, step{})
	for {
		if err := s.value(want.element); err != nil {
			return err
		}
		if s.take(']') {
			s.path = s.path[:len(s.path)-1]
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
		s.path[len(s.path)-1].index++
	}
}

// numbers reads over a list of numbers in one go. JavaScript writes NaN as null, which would become 0.
func (s *scan) numbers() error {
	end := bytes.IndexByte(s.rest, ']')
	if end < 0 {
		return errSyntax
	}
	list := s.rest[:end]
	if bytes.Contains(list, []byte("null")) {
		return s.fail("holds null where a number belongs")
	}
	s.values += bytes.Count(list, []byte(",")) + 1
	s.rest = s.rest[end+1:]
	return nil
}

// name reads the name of a field. It may have escapes, which encoding/json reads too.
func (s *scan) name() ([]byte, error) {
	raw, err := s.text()
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	var name string
	if json.Unmarshal(raw, &name) != nil {
		return nil, errSyntax
	}
	return []byte(name), nil
}

// text reads a string and returns it as it is written, quotes included.
func (s *scan) text() ([]byte, error) {
	quote := bytes.IndexByte(s.rest[1:], '"') + 1
	if quote == 0 {
		return nil, errSyntax
	}
	if bytes.IndexByte(s.rest[:quote], '\\') < 0 {
		return s.cut(quote + 1), nil
	}
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			raw := s.cut(i + 1)
			return raw, s.checkPairs(raw)
		}
	}
	return nil, errSyntax
}

// cut takes n bytes off.
func (s *scan) cut(n int) []byte {
	head := s.rest[:n]
	s.rest = s.rest[n:]
	return head
}

// checkPairs refuses halves of surrogate pairs, which encoding/json would replace.
func (s *scan) checkPairs(raw []byte) error {
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 {
			return nil
		}
		raw = raw[at:]
		half := halfOfPair(raw)
		switch {
		case half == 0:
			raw = raw[2:]
		case half < 0xdc00 && halfOfPair(raw[6:]) >= 0xdc00:
			raw = raw[12:]
		default:
			return s.fail("has half of a surrogate pair, which is no text")
		}
	}
}

// halfOfPair returns the surrogate that an escape at the beginning of data stands for, 0 when it is none.
func halfOfPair(data []byte) uint64 {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil || unit < 0xd800 || unit > 0xdfff {
		return 0
	}
	return unit
}

// unknown refuses the name at the end of the path.
func (s *scan) unknown(want *shape) error {
	err := s.fail("is not a field")
	for name := range want.fields {
		if strings.EqualFold(name, string(s.path[len(s.path)-1].name)) {
			return err.WithHint("names are matched exactly: write " + name)
		}
	}
	return err
}

// fail returns an error that names the place.
func (s *scan) fail(why string) *engine.Error {
	const most = 64 // of a name, in bytes
	var place strings.Builder
	for _, p := range s.path {
		if p.name == nil {
			fmt.Fprintf(&place, "[%d]", p.index)
			continue
		}
		if place.Len() > 0 {
			place.WriteByte('.')
		}
		place.WriteString(strings.ToValidUTF8(string(p.name[:min(most, len(p.name))]), ""))
	}
	if place.Len() == 0 {
		place.WriteString("the document")
	}
	return engine.Errorf(engine.CodeInvalid, "%s %s", &place, why)
}
