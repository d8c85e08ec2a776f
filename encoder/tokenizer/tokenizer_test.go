package tokenizer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// tiny returns a tokenizer.json with a small vocabulary, after edit has changed its parsed form.
func tiny(tb testing.TB, edit func(f map[string]any)) []byte {
	tb.Helper()
	var f map[string]any
	require.NoError(tb, json.Unmarshal([]byte(`{
		"truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
		"padding": null,
		"added_tokens": [{"id": 0, "content": "[PAD]"}, {"id": 3, "content": "[SEP]"}],
		"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true},
		"pre_tokenizer": {"type": "BertPreTokenizer"},
		"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
		"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
			"max_input_chars_per_word": 100,
			"vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "red": 4, "##dish": 5, "dress": 6, "裙": 7}}}`), &f))
	edit(f)
	data, err := json.Marshal(f)
	require.NoError(tb, err)
	return data
}

// part returns the object under key.
func part(f map[string]any, key string) map[string]any { return f[key].(map[string]any) }

// splitting returns an edit that splits at an expression.
func splitting(expression, behaviour string) func(f map[string]any) {
	return func(f map[string]any) {
		f["pre_tokenizer"] = map[string]any{"type": "Split", "pattern": map[string]any{"Regex": expression},
			"behavior": behaviour, "invert": false}
	}
}

func TestParseRefuses(t *testing.T) {
	cases := []struct {
		name string
		edit func(f map[string]any)
		want error
		says string
	}{
		{"no model", func(f map[string]any) { delete(f, "model") }, ErrMalformed, "no model"},
		{"model of no kind", func(f map[string]any) { f["model"] = map[string]any{"vocab": map[string]any{"a": 0}} }, ErrMalformed, "model.type"},
		{"another model", func(f map[string]any) { part(f, "model")["type"] = "WordLevel" }, ErrUnsupported, `"WordLevel"`},
		{"vocabulary of lists", func(f map[string]any) { part(f, "model")["vocab"] = []any{1} }, ErrMalformed, "vocab"},
		{"empty vocabulary", func(f map[string]any) { part(f, "model")["vocab"] = map[string]any{} }, ErrMalformed, "[UNK]"},
		{"negative id", func(f map[string]any) { part(part(f, "model"), "vocab")["red"] = -4 }, ErrMalformed, "-4"},
		{"no unknown token", func(f map[string]any) { part(f, "model")["unk_token"] = "<unk>" }, ErrMalformed, "<unk>"},
		{"another normalizer", func(f map[string]any) { part(f, "normalizer")["type"] = "Titlecase" }, ErrUnsupported, "Titlecase"},
		{"another normalizer in a sequence", func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "Titlecase"}}}
		}, ErrUnsupported, "Titlecase"},
		{"empty entry in a sequence", func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "Sequence", "normalizers": []any{nil}}
		}, ErrMalformed, "normalizers"},
		{"charsmap cut off", func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "Precompiled", "precompiled_charsmap": "AAEAAAAA"}
		}, ErrMalformed, "charsmap"},
		{"another pre-tokenizer", func(f map[string]any) { part(f, "pre_tokenizer")["type"] = "UnicodeScripts" },
			ErrUnsupported, "UnicodeScripts"},
		{"another pre-tokenizer in a sequence", func(f map[string]any) {
			f["pre_tokenizer"] = map[string]any{"type": "Sequence", "pretokenizers": []any{map[string]any{"type": "FixedLength"}}}
		}, ErrUnsupported, "FixedLength"},
		{"another behaviour", splitting(`x`, "Doubled"), ErrUnsupported, "Doubled"},
		{"backreference", splitting(`(a)\1`, "Isolated"), ErrUnsupported, `(a)\\1`},
		{"lookbehind", splitting(`(?<=a)b`, "Isolated"), ErrUnsupported, "(?<=a)b"},
		{"repeated group", splitting(`(ab)+`, "Isolated"), ErrUnsupported, "(ab)+"},
		{"empty expression", splitting(``, "Isolated"), ErrUnsupported, "matches nothing"},
		{"half an escape", splitting(`\u12`, "Isolated"), ErrUnsupported, `\\u12`},
		{"start of a line", splitting(`^a`, "Isolated"), ErrUnsupported, "^a"},
		{"nested class", splitting(`[a[bc]]`, "Isolated"), ErrUnsupported, "[a[bc]]"},
		{"unknown property", splitting(`\p{Elvish}`, "Isolated"), ErrUnsupported, "Elvish"},
		{"expression that matches nothing", splitting(`a*`, "Isolated"), ErrUnsupported, "a*"},
		{"another prefix", func(f map[string]any) {
			f["pre_tokenizer"] = map[string]any{"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}
		}, ErrUnsupported, "last"},
		{"metaspace of two runes", func(f map[string]any) {
			f["pre_tokenizer"] = map[string]any{"type": "Metaspace", "replacement": "__"}
		}, ErrMalformed, "__"},
		{"another post-processor", func(f map[string]any) { part(f, "post_processor")["type"] = "Doubling" }, ErrUnsupported, "Doubling"},
		{"padding on the left", func(f map[string]any) {
			f["padding"] = map[string]any{"pad_id": 0, "direction": "Left", "strategy": "BatchLongest"}
		}, ErrUnsupported, "Left"},
		{"another padding", func(f map[string]any) {
			f["padding"] = map[string]any{"pad_id": 0, "strategy": "Random"}
		}, ErrUnsupported, "Random"},
		{"unigram without unknown piece", func(f map[string]any) {
			f["model"] = map[string]any{"type": "Unigram", "vocab": []any{[]any{"a", -1.0}}}
		}, ErrMalformed, "unk_id"},
		{"merge of a stranger", func(f map[string]any) {
			f["model"] = map[string]any{"type": "BPE", "vocab": map[string]any{"a": 0}, "merges": []any{"a b"}}
		}, ErrMalformed, "merge 0"},
		{"merge of three", func(f map[string]any) {
			f["model"] = map[string]any{"type": "BPE", "vocab": map[string]any{"a": 0}, "merges": []any{"a b c"}}
		}, ErrMalformed, "a b c"},
		{"dropout", func(f map[string]any) {
			f["model"] = map[string]any{"type": "BPE", "dropout": 0.1, "vocab": map[string]any{"a": 0}, "merges": []any{}}
		}, ErrUnsupported, "dropout"},
		{"separator without id", func(f map[string]any) { part(f, "post_processor")["sep"] = "[SEP]" }, ErrMalformed, "sep"},
		{"template without text", func(f map[string]any) {
			f["post_processor"] = map[string]any{"type": "TemplateProcessing", "single": []any{}}
		}, ErrMalformed, "leaves the text out"},
		{"template with a stranger", func(f map[string]any) {
			f["post_processor"] = map[string]any{"type": "TemplateProcessing", "single": []any{
				map[string]any{"SpecialToken": map[string]any{"id": "[X]"}}}}
		}, ErrMalformed, "[X]"},
		{"no room for text", func(f map[string]any) { part(f, "truncation")["max_length"] = 2 }, ErrMalformed, "max_length"},
		{"another strategy", func(f map[string]any) { part(f, "truncation")["strategy"] = "OnlySecond" }, ErrUnsupported, "OnlySecond"},
		{"another direction", func(f map[string]any) { part(f, "truncation")["direction"] = "Up" }, ErrUnsupported, "Up"},
		{"negative added token", func(f map[string]any) {
			f["added_tokens"] = []any{map[string]any{"id": -1, "content": "x"}}
		}, ErrMalformed, "added token"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(tiny(t, c.edit))
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
		})
	}
	for name, data := range map[string]string{"empty": "", "not JSON": "{", "a list": "[]", "null": "null"} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(data))
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func TestEncode(t *testing.T) {
	asIs := func(map[string]any) {}
	cases := []struct {
		name string
		edit func(f map[string]any)
		text string
		want []int64
	}{
		{"empty", asIs, "", []int64{2, 3}},
		{"words", asIs, "Red dress", []int64{2, 4, 6, 3}},
		{"pieces", asIs, "reddish", []int64{2, 4, 5, 3}},
		{"unknown rest makes the word unknown", asIs, "redx", []int64{2, 1, 3}},
		{"a word's start is not its continuation", asIs, "dish", []int64{2, 1, 3}},
		{"ideographs are words", asIs, "red裙dress", []int64{2, 4, 7, 6, 3}},
		{"special token in the text", asIs, "red[SEP]dress", []int64{2, 4, 3, 6, 3}},
		{"truncated", asIs, strings.Repeat("red ", 20), []int64{2, 4, 4, 4, 4, 4, 4, 3}},
		{"end kept", func(f map[string]any) { part(f, "truncation")["direction"] = "Left" },
			strings.Repeat("red ", 20) + "dress", []int64{2, 4, 4, 4, 4, 4, 6, 3}},
		{"no truncation", func(f map[string]any) { f["truncation"] = nil },
			strings.Repeat("red ", 9), []int64{2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3}},
		{"model without type", func(f map[string]any) { delete(part(f, "model"), "type") }, "red", []int64{2, 4, 3}},
		{"no special tokens", func(f map[string]any) { f["post_processor"] = nil }, "red", []int64{4}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tok, err := Parse(tiny(t, c.edit))
			require.NoError(t, err)
			got, err := tok.Encode(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestEncodeRefusesInvalidUTF8(t *testing.T) {
	tok := parseBundled(t)
	for _, text := range []string{"\xff", "red\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"} {
		_, err := tok.Encode(text)
		require.ErrorIs(t, err, ErrUTF8, "%q", text)
	}
}

func TestPadID(t *testing.T) {
	tok, err := Parse(tiny(t, func(f map[string]any) { f["padding"] = map[string]any{"pad_id": 9} }))
	require.NoError(t, err)
	require.EqualValues(t, 9, tok.PadID())
	require.EqualValues(t, 0, parseBundled(t).PadID())
}

func TestTruncated(t *testing.T) {
	tok := parseBundled(t)
	require.Equal(t, 24, tok.MaxTokens())
	_, err := tok.Truncated(2)
	require.Error(t, err)
	short, err := tok.Truncated(5)
	require.NoError(t, err)
	ids, err := short.Encode("red dress red dress red dress")
	require.NoError(t, err)
	require.Len(t, ids, 5)
	require.Equal(t, 24, tok.MaxTokens(), "the first tokenizer is unchanged")
}

func TestEncodeConcurrently(t *testing.T) {
	tok := parseBundled(t)
	want, err := tok.Encode("Navy Blue Checked Shirt")
	require.NoError(t, err)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 200 {
				_, _ = tok.Encode(fmt.Sprintf("Ünrelated 裙 %d", i))
				got, err := tok.Encode("Navy Blue Checked Shirt")
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("got %v, %v; want %v", got, err, want)
				}
			}
		})
	}
	callers.Wait()
}

func TestTrieAgainstMap(t *testing.T) {
	entries := []entry{{"a", 1}, {"ab", 2}, {"abcd", 3}, {"b", 4}, {"", 5}, {"é", 6}, {"ab", 2}}
	tr := newTrie(entries)
	for _, text := range []string{"", "a", "abc", "abcd", "abcde", "b", "ba", "c", "é", "\xc3", "éa"} {
		wantID, wantLength := int64(none), 0
		for _, e := range entries {
			if e.text != "" && strings.HasPrefix(text, e.text) && len(e.text) > wantLength {
				wantID, wantLength = e.id, len(e.text)
			}
		}
		id, length := tr.longest([]byte(text))
		require.Equal(t, wantID, id, "%q", text)
		require.Equal(t, wantLength, length, "%q", text)
	}
	id, _ := newTrie(nil).longest([]byte("a"))
	require.EqualValues(t, none, id)
}

func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "Navy check shirt", "红色连衣裙", "[SEP]", "e\u0301 İ ẞ", "\xff", "a\u0000b"} {
		f.Add(text)
	}
	tok := parseBundled(f)
	whole, err := tok.Truncated(1 << 30)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := tok.Encode(text)
		if !utf8.ValidString(text) {
			require.ErrorIs(t, err, ErrUTF8)
			return
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(ids), 2)
		require.LessOrEqual(t, len(ids), tok.MaxTokens())
		require.EqualValues(t, 2, ids[0])
		require.EqualValues(t, 3, ids[len(ids)-1])
		for _, id := range ids {
			require.True(t, id >= 0 && id < 6000, "id %d", id)
		}
		all, err := whole.Encode(text)
		require.NoError(t, err)
		require.Equal(t, all[:len(ids)-1], ids[:len(ids)-1], "truncation keeps the beginning")
	})
}

func FuzzParse(f *testing.F) {
	f.Add(tiny(f, func(map[string]any) {}))
	for _, spec := range []string{
		`{"model":{"type":"WordPiece","vocab":{"":0}}}`,
		`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},
			{"type":"Strip","strip_left":true},{"type":"Prepend","prepend":"x"},{"type":"StripAccents"},{"type":"Nmt"}]},
			"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|d)|\\p{L}+(?!\\S)|[^a-z\\d]{1,3}"},
			"behavior":"MergedWithNext","invert":true},{"type":"Digits"},{"type":"Punctuation"},{"type":"ByteLevel"}]},
			"post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]},
			"model":{"type":"BPE","unk_token":"a","end_of_word_suffix":"</w>","fuse_unk":true,"vocab":{"a":0,"b</w>":1,"ab</w>":2},"merges":["a b</w>"]}}`,
		`{"pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"first","split":true},
			"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["_",-1],["a",-2.5],["_ab",-3],["<0x41>",-9]]}}`,
		`{"added_tokens":[{"id":1,"content":"R","lstrip":true,"normalized":true,"single_word":true}],
			"model":{"type":"BPE","byte_fallback":true,"ignore_merges":true,"vocab":{"▁":0,"r":1,"▁r":2},"merges":[["▁","r"]]}}`,
	} {
		_, err := Parse([]byte(spec))
		require.False(f, err != nil && !strings.Contains(spec, `"":0`), "%v", err)
		f.Add([]byte(spec))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := Parse(data)
		if err != nil {
			return
		}
		for _, text := range []string{"Red dress [SEP] 裙", " a_b\u0301 12 R's", ""} {
			_, err = tok.Encode(text)
			require.NoError(t, err)
		}
	})
}

// BenchmarkEncode encodes what shops write, and texts of all scripts, with every family. bench/tokenizers.py puts the
// reference library beside it.
func BenchmarkEncode(b *testing.B) {
	c := newCorpus(b)
	titles := make([]string, 2000)
	for i := range titles {
		titles[i] = c.words(4, 9)
	}
	var mixed []string
	for _, text := range corpusTexts(b, 3000) {
		if len(text) < 300 {
			mixed = append(mixed, text)
		}
	}
	all := everyFamily(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for kind, texts := range map[string][]string{"titles": titles, "mixed": mixed} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, err := all[name].Encode(texts[i%len(texts)]); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
			})
		}
	}
}
