package tokenizer

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const bundled = "../../models/pinax-mini/tokenizer.json"

// golden is what testdata/golden.py writes.
type golden struct {
	Texts    []string  `json:"texts"`
	IDs      [][]int64 `json:"ids"`
	Vocab    []string  `json:"vocab"` // of the variants; the index is the id
	Variants []struct {
		Name      string         `json:"name"`
		Tokenizer map[string]any `json:"tokenizer"` // tokenizer.json without its vocabulary
		Texts     []int          `json:"texts"`     // indexes
		IDs       [][]int64      `json:"ids"`
	} `json:"variants"`
}

func readGolden(tb testing.TB) *golden {
	tb.Helper()
	f, err := os.Open("testdata/golden.json.gz")
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	var g golden
	require.NoError(tb, json.NewDecoder(z).Decode(&g))
	return &g
}

func parseBundled(tb testing.TB) Tokenizer {
	tb.Helper()
	data, err := os.ReadFile(bundled)
	require.NoError(tb, err)
	tok, err := Parse(data)
	require.NoError(tb, err)
	return tok
}

// compare encodes texts and fails where an id differs.
func compare(t *testing.T, tok Tokenizer, texts []string, want [][]int64) {
	t.Helper()
	require.Len(t, want, len(texts))
	failures := 0
	for i, text := range texts {
		got, err := tok.Encode(text)
		require.NoError(t, err)
		if slices.Equal(got, want[i]) {
			continue
		}
		if failures++; failures <= 10 {
			t.Errorf("text %d %.80q\n got %v\nwant %v", i, text, got, want[i])
		}
	}
}

func TestGoldenBundled(t *testing.T) {
	g := readGolden(t)
	require.GreaterOrEqual(t, len(g.Texts), 4000)
	compare(t, parseBundled(t), g.Texts, g.IDs)
}

func TestGoldenVariants(t *testing.T) {
	g := readGolden(t)
	vocab := make(map[string]int, len(g.Vocab))
	for id, token := range g.Vocab {
		vocab[token] = id
	}
	for _, v := range g.Variants {
		t.Run(v.Name, func(t *testing.T) {
			v.Tokenizer["model"].(map[string]any)["vocab"] = vocab
			data, err := json.Marshal(v.Tokenizer)
			require.NoError(t, err)
			tok, err := Parse(data)
			require.NoError(t, err)
			texts := make([]string, len(v.Texts))
			for i, at := range v.Texts {
				texts[i] = g.Texts[at]
			}
			compare(t, tok, texts, v.IDs)
		})
	}
}
