package tokenizer

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// TestClasses compares every rune with what testdata/classes.py found.
func TestClasses(t *testing.T) {
	var reference struct {
		Classes map[string][][2]rune `json:"classes"`
		Lower   map[string]string    `json:"lower"`
		NFC     map[string]string
		NFD     map[string]string
		NFKC    map[string]string
		NFKD    map[string]string
	}
	f, err := os.Open("testdata/classes.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(z).Decode(&reference))

	ours := map[string]func(rune) bool{
		"accent": isCombiningMark, "numeric": isNumeric, "space": isSpace, "punctuation": isPunctuation, "word": isWord,
		"continuing": func(r rune) bool { return continuesCluster(r) && !endsCluster(r) },
	}
	for name, ranges := range reference.Classes {
		in, ok := ours[name]
		if !ok { // written as in an expression
			p, err := newPattern(name)
			require.NoError(t, err)
			in = p.alternatives[0][0].class.has
		}
		requireRunes(t, name, ranges, in)
	}
	b := new(buffers)
	last := rune(utf8.MaxRune)
	if testing.Short() {
		last = 0xFFFF
	}
	for r := range last + 1 {
		if !utf8.ValidRune(r) {
			continue
		}
		requireMapped(t, "lower", reference.Lower, r, string(appendLower(nil, r)))
		if r >= 0xAC00 && r < 0xD7A4 { // Hangul syllables come apart by a formula
			continue
		}
		for form, mapping := range map[norm.Form]map[string]string{
			norm.NFC: reference.NFC, norm.NFD: reference.NFD, norm.NFKC: reference.NFKC, norm.NFKD: reference.NFKD,
		} {
			requireMapped(t, "normal form", mapping, r, string(normalForm(form).append(nil, []byte(string(r)), b)))
		}
	}
}

// requireRunes fails unless in holds for the runes of ranges alone.
func requireRunes(t *testing.T, name string, ranges [][2]rune, in func(rune) bool) {
	t.Helper()
	next, failures := rune(0), 0
	for _, want := range append(ranges, [2]rune{utf8.MaxRune + 1, utf8.MaxRune + 1}) {
		for r := next; r <= min(want[1], utf8.MaxRune); r++ {
			if utf8.ValidRune(r) && in(r) != (r >= want[0]) && failures < 10 {
				t.Errorf("%s: %U is %v", name, r, in(r))
				failures++
			}
		}
		next = want[1] + 1
	}
}

func requireMapped(t *testing.T, name string, mapping map[string]string, r rune, got string) {
	t.Helper()
	want, ok := mapping[string(r)]
	if !ok {
		want = string(r)
	}
	if got != want {
		t.Errorf("%s of %U is %q, want %q", name, r, got, want)
	}
}
