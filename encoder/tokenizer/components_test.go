package tokenizer

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestComponents compares every part of a tokenizer.json alone with the reference library: see testdata/components.py.
func TestComponents(t *testing.T) {
	f, err := os.Open("testdata/components.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var golden struct {
		Vocab []string `json:"vocab"`
		Texts int      `json:"texts"`
		Block int      `json:"block"`
		Kept  []int    `json:"kept"`
		Cases []struct {
			Name      string         `json:"name"`
			Tokenizer map[string]any `json:"tokenizer"` // without its vocabulary, where that is Vocab
			Without   []int          `json:"without"`   // letters that the vocabulary lacks
			Blocks    []string       `json:"blocks"`
			IDs       [][]int64      `json:"ids"`
		} `json:"cases"`
	}
	require.NoError(t, json.NewDecoder(z).Decode(&golden))
	texts := slices.DeleteFunc(corpusTexts(t, 3000), func(s string) bool { return len([]rune(s)) >= 2000 })[:golden.Texts]
	require.Greater(t, len(golden.Cases), 60)
	for _, c := range golden.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if model := part(c.Tokenizer, "model"); model["vocab"] == nil {
				vocab := map[string]int{}
				for id, token := range golden.Vocab {
					if !slices.Contains(c.Without, id%256) {
						vocab[token] = id
					}
				}
				model["vocab"] = vocab
			}
			data, err := json.Marshal(c.Tokenizer)
			require.NoError(t, err)
			tok, err := Parse(data)
			require.NoError(t, err)
			for i, at := range golden.Kept {
				got, err := tok.Encode(texts[at])
				require.NoError(t, err)
				require.Equal(t, c.IDs[i], got, "%q", texts[at])
			}
			for i, want := range c.Blocks {
				hash := sha256.New()
				for _, text := range texts[i*golden.Block:][:golden.Block] {
					got, err := tok.Encode(text)
					require.NoError(t, err)
					hash.Write(idBytes(got))
				}
				require.Equal(t, want, hex.EncodeToString(hash.Sum(nil))[:len(want)], "one of the texts from %d", i*golden.Block)
			}
		})
	}
}
