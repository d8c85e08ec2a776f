package tokenizer

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpus makes the texts that testdata/corpus.py makes, bit for bit: see there.
type corpus struct {
	Scripts  [][2]rune `json:"scripts"` // first and last rune
	Words    []string  `json:"words"`
	Glue     []string  `json:"glue"`
	Special  []string  `json:"special"`
	Space    []string  `json:"space"`
	HTML     []string  `json:"html"`
	Emoji    []string  `json:"emoji"`
	Tricky   []string  `json:"tricky"`
	Repeated [][2]any  `json:"repeated"` // unit, times
	state    uint64
}

func newCorpus(tb testing.TB) *corpus {
	tb.Helper()
	data, err := os.ReadFile("testdata/corpus.json")
	require.NoError(tb, err)
	c := &corpus{state: 20261124}
	require.NoError(tb, json.Unmarshal(data, c))
	return c
}

// corpusTexts returns the first n texts.
func corpusTexts(tb testing.TB, n int) []string {
	tb.Helper()
	c := newCorpus(tb)
	texts := c.Tricky
	for _, r := range c.Repeated {
		texts = append(texts, strings.Repeat(r[0].(string), int(r[1].(float64))))
	}
	for len(texts) < n {
		texts = append(texts, c.text())
	}
	return texts[:n]
}

func (c *corpus) below(n int) int {
	c.state += 0x9E3779B97F4A7C15
	z := c.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) % uint64(n))
}

func (c *corpus) between(low, high int) int { return low + c.below(high-low+1) }

func (c *corpus) one(items []string) string { return items[c.below(len(items))] }

func (c *corpus) text() string {
	switch k := c.below(1000); {
	case k < 300:
		return c.words(1, 14)
	case k < 400:
		return c.glued()
	case k < 620:
		return c.script()
	case k < 700:
		return c.accents()
	case k < 760:
		return c.mixture(c.Special)
	case k < 820:
		return c.mixture(c.Space)
	case k < 860:
		return c.mixture(c.HTML)
	case k < 900:
		return c.emoji()
	case k < 998:
		var b strings.Builder
		for range c.between(1, 20) {
			b.WriteRune(c.anyRune())
		}
		return b.String()
	}
	return c.long()
}

func (c *corpus) anyRune() rune {
	limits := []int{0x80, 0x250, 0x800, 0x3000, 0x10000, 0x20000, 0x110000}
	for {
		r := rune(c.below(limits[c.below(len(limits))]))
		if r < 0xD800 || r >= 0xE000 {
			return r
		}
	}
}

func (c *corpus) words(low, high int) string {
	words := make([]string, c.between(low, high))
	for i := range words {
		words[i] = c.one(c.Words)
	}
	return strings.Join(words, " ")
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func (c *corpus) glued() string {
	var b strings.Builder
	for range c.between(1, 8) {
		word := c.one(c.Words)
		switch c.below(3) {
		case 0:
			word = upperASCII(word)
		case 1:
			first := len(word)
			for i := range word {
				if i > 0 {
					first = i
					break
				}
			}
			word = upperASCII(word[:first]) + word[first:]
		}
		b.WriteString(word + c.one(c.Glue))
	}
	return b.String()
}

func (c *corpus) script() string {
	s := c.Scripts[c.below(len(c.Scripts))]
	words := make([]string, c.between(1, 6))
	for i := range words {
		runes := make([]rune, c.between(1, 7))
		for j := range runes {
			runes[j] = rune(c.between(int(s[0]), int(s[1])))
		}
		words[i] = string(runes)
	}
	return strings.Join(words, " ")
}

func (c *corpus) accents() string {
	var b strings.Builder
	for range c.between(1, 12) {
		if c.below(4) != 0 {
			b.WriteRune(rune(c.between('a', 'z')))
		} else {
			b.WriteRune(c.anyRune())
		}
		for range c.below(4) {
			b.WriteRune(rune(c.between(0x300, 0x36F)))
		}
	}
	return b.String()
}

func (c *corpus) mixture(parts []string) string {
	var b strings.Builder
	for range c.between(1, 10) {
		if c.below(3) != 0 {
			b.WriteString(c.one(parts))
		} else {
			b.WriteString(c.one(c.Words))
		}
	}
	return b.String()
}

func (c *corpus) emoji() string {
	var b strings.Builder
	for range c.between(1, 6) {
		if c.below(2) != 0 {
			b.WriteRune(rune(c.between(0x1F300, 0x1FAFF)))
		} else {
			b.WriteString(c.one(c.Emoji))
		}
		b.WriteString(c.one([]string{"", "", " ", "\u200d", "\ufe0f", "\U0001f3fd", "\u20e3"}))
	}
	return b.String()
}

// long repeats something up to 10,000 runes.
func (c *corpus) long() string {
	makers := []func() string{c.script, func() string { return c.words(1, 3) }, func() string { return string(c.anyRune()) },
		c.emoji, c.glued}
	unit := []rune(makers[c.below(len(makers))]())
	unit = unit[:min(len(unit), c.between(1, 40))]
	var b strings.Builder
	for i := range 10000 {
		b.WriteRune(unit[i%len(unit)])
	}
	return b.String()
}
