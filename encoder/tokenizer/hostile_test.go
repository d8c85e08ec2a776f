package tokenizer

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// everyFamily opens all families by their names, SigLIP's sentencepiece included.
func everyFamily(tb testing.TB) map[string]Tokenizer {
	tb.Helper()
	all := map[string]Tokenizer{}
	for _, name := range append([]string{"siglip_slow"}, families...) {
		tok, err := Open(familyFolder(tb, name))
		require.NoError(tb, err)
		all[name] = tok
	}
	return all
}

// TestHostile encodes much of what makes careless tokenizers take quadratic time: with any of them the test would
// not end within the limit of go test.
func TestHostile(t *testing.T) {
	size := 1 << 18
	if testing.Short() {
		size = 1 << 15
	}
	texts := map[string]string{
		"one letter":    strings.Repeat("a", size),
		"one word":      strings.Repeat("abcdefghij", 4*size/10), // a megabyte
		"spaces":        strings.Repeat(" ", size),
		"spaces, word":  strings.Repeat(" ", size) + "a",
		"line breaks":   strings.Repeat("\r\n", size/2),
		"marks":         "a" + strings.Repeat("\u0301", size/2),
		"mixed marks":   "a" + strings.Repeat("\u0301\u0323", size/4),
		"metaspace":     strings.Repeat("▁", size/3),
		"unknown":       strings.Repeat("\U000F0000", size/4),
		"zero":          strings.Repeat("\x00", size),
		"added tokens":  strings.Repeat("<s>", size/3),
		"half a token":  strings.Repeat("<", size),
		"sigma":         strings.Repeat("Σ.", size/3),
		"joined emoji":  strings.Repeat("\U0001F468\u200D", size/7),
		"digits":        strings.Repeat("0", size),
		"new runes":     strings.Repeat("\U00016100\u0301", size/6),
		"apostrophes":   strings.Repeat("'", size),
		"soft boundary": strings.Repeat("a▁", size/4),
	}
	for name, tok := range everyFamily(t) {
		whole := untruncated(t, tok)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, text := range texts {
				ids, err := whole.Encode(text)
				require.NoError(t, err, name)
				short, err := tok.Truncated(64)
				require.NoError(t, err)
				cut, err := short.Encode(text)
				require.NoError(t, err, name)
				require.LessOrEqual(t, len(cut), min(64, len(ids)), name)
			}
		})
	}
}

// FuzzFamilies encodes any text with every family.
func FuzzFamilies(f *testing.F) {
	for _, text := range corpusTexts(f, 400) {
		if len(text) < 100 {
			f.Add(text, 9)
		}
	}
	f.Add("\xff", 2)
	all := everyFamily(f)
	sizes := map[string]int64{}
	for name, tok := range all {
		switch x := tok.(type) {
		case *pipeline:
			sizes[name] = int64(x.model.size() + len(x.added))
		case *siglip:
			sizes[name] = int64(x.model.size())
		}
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		require.True(t, !utf8.ValidString(text) || utf8.ValidString(canonical(text)))
		for name, tok := range all {
			whole, err := untruncated(t, tok).Encode(text)
			if !utf8.ValidString(text) {
				require.ErrorIs(t, err, ErrUTF8)
				continue
			}
			require.NoError(t, err)
			for _, id := range whole {
				require.True(t, id >= 0 && id < sizes[name], "%s: id %d of %d", name, id, sizes[name])
			}
			short, err := tok.Truncated(limit)
			if err != nil {
				require.LessOrEqual(t, limit, 2)
				continue
			}
			cut, err := short.Encode(text)
			require.NoError(t, err)
			want := min(limit, len(whole))
			if x, ok := tok.(*siglip); ok && len(cut) == want-1 && cut[want-2] == x.end {
				want-- // what was cut ends with an end token of the text's own, and gets no second one, as in the reference
			}
			require.Len(t, cut, want, name)
			again, err := short.Encode(text)
			require.NoError(t, err)
			require.Equal(t, cut, again)
		}
	})
}

// tinyModel is a sentencepiece model of a few pieces, of the given type.
func tinyModel(modelType byte) []byte {
	var out []byte
	add := func(number byte, message []byte) {
		out = append(append(out, number<<3|2, byte(len(message))), message...)
	}
	for i, text := range []string{"<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a", "d", "<0x41>"} {
		kind := byte(spNormal)
		if i < 3 {
			kind = []byte{spUnknown, spControl, spControl}[i]
		}
		piece := append([]byte{1<<3 | 2, byte(len(text))}, text...)
		add(1, append(piece, 2<<3|5, 0, 0, 0x80, 0xC0-byte(i), 3<<3, kind)) // scores are powers of two
	}
	add(2, []byte{3 << 3, modelType})
	add(3, append([]byte{3 << 3, 1, 2<<3 | 2}, 8, 4, 0, 0, 0, 0, 0, 0, 0))
	return out
}

// FuzzSentencePiece reads damaged model files in every way that they are used.
func FuzzSentencePiece(f *testing.F) {
	f.Add(tinyModel(spUnigram))
	f.Add(tinyModel(spBPE))
	classes := []string{"T5", "XLMRoberta", "Siglip", "Llama", "Gemma"}
	for i, class := range classes {
		_, err := Open(folderOf(class, tinyModel([]byte{spUnigram, spBPE}[i/3])))
		require.NoError(f, err, "the fuzzer needs files that work to begin with")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, class := range classes {
			tok, err := Open(folderOf(class, data))
			if err != nil {
				continue
			}
			_, err = tok.Encode("Red dress </s> 裙 ▁ é\u0301")
			require.NoError(t, err)
		}
	})
}

// FuzzCharsmap reads damaged tables of replacements.
func FuzzCharsmap(f *testing.F) {
	units := make([]uint32, 0x62) // a trie of "a" alone, which becomes "bc"
	units[0], units[0x60] = 1<<10, 1<<10|1<<8|'a'
	table := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		table = binary.LittleEndian.AppendUint32(table, u)
	}
	table = append(table, "bc\x00"...)
	p, err := parseCharsmap(table)
	require.NoError(f, err)
	require.Equal(f, "bcxbc", string(p.append(nil, []byte("axa\u0301"), nil)))
	f.Add(table, "a\u0301b")
	f.Fuzz(func(t *testing.T, table []byte, text string) {
		p, err := parseCharsmap(table)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		require.True(t, utf8.Valid(p.append(nil, []byte(text), nil)))
		for text != "" {
			part, n := p.longest([]byte(text))
			require.True(t, utf8.Valid(part))
			require.Positive(t, n)
			text = text[n:]
		}
	})
}
