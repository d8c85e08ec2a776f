package tokenizer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// familyFolder unpacks a model folder that testdata/families.py made.
func familyFolder(tb testing.TB, name string) fstest.MapFS {
	tb.Helper()
	f, err := os.Open("testdata/families/" + name + ".tar.gz")
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	folder := fstest.MapFS{}
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return folder
		}
		require.NoError(tb, err)
		data, err := io.ReadAll(r)
		require.NoError(tb, err)
		folder[header.Name] = &fstest.MapFile{Data: data}
	}
}

// familyGolden is what the reference library makes of the corpus.
type familyGolden struct {
	Block  int       `json:"block"`
	Blocks []string  `json:"blocks"` // beginnings of the SHA-256 over the ids of as many texts
	Kept   []int     `json:"kept"`   // texts whose ids follow
	IDs    [][]int64 `json:"ids"`
}

func readFamilyGolden(tb testing.TB, name string) *familyGolden {
	tb.Helper()
	f, err := os.Open("testdata/golden/" + name + ".json.gz")
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	var g familyGolden
	require.NoError(tb, json.NewDecoder(z).Decode(&g))
	return &g
}

const wholeCorpus = 20000

// corpusSize is smaller where tests are to be short: the first texts are the trickiest.
func corpusSize() int {
	if testing.Short() {
		return 1000
	}
	return wholeCorpus
}

var families = []string{"clip", "roberta", "bert", "bert_cased", "xlm_roberta", "t5", "siglip", "gemma", "llama", "llama3"}

// TestFamilies compares every family with the reference library.
func TestFamilies(t *testing.T) {
	texts := corpusTexts(t, corpusSize())
	for _, name := range families {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := Parse(familyFolder(t, name)["tokenizer.json"].Data)
			require.NoError(t, err)
			requireGolden(t, tok, texts, readFamilyGolden(t, name))
		})
	}
}

// requireGolden compares all ids with the golden ones, by hash where they are not kept.
func requireGolden(t *testing.T, tok Tokenizer, texts []string, g *familyGolden) {
	t.Helper()
	tok = untruncated(t, tok)
	require.Len(t, g.Blocks, wholeCorpus/g.Block)
	require.Greater(t, len(g.Kept), 1000)
	failures := 0
	for i, at := range g.Kept {
		if at >= len(texts) {
			break
		}
		got, err := tok.Encode(texts[at])
		require.NoError(t, err)
		if !slices.Equal(got, g.IDs[i]) {
			if failures++; failures <= 8 {
				t.Errorf("text %d %.120q\n got %v\nwant %v", at, texts[at], got, g.IDs[i])
			}
		}
	}
	if failures > 0 {
		t.Fatalf("%d of %d texts differ", failures, len(g.Kept))
	}
	for i, want := range g.Blocks[:len(texts)/g.Block] {
		first := i * g.Block
		hash := sha256.New()
		for _, text := range texts[first : first+g.Block] {
			got, err := tok.Encode(text)
			require.NoError(t, err)
			hash.Write(idBytes(got))
		}
		if got := hex.EncodeToString(hash.Sum(nil))[:len(want)]; got != want {
			if failures++; failures <= 8 {
				t.Errorf("one of the texts %d to %d differs", first, first+g.Block-1)
			}
		}
	}
	if failures > 0 {
		t.Fatalf("%d of %d blocks differ", failures, len(g.Blocks))
	}
}

// idBytes is the number of ids and the ids, four bytes each, little endian.
func idBytes(ids []int64) []byte {
	var b bytes.Buffer
	all := make([]uint32, 0, len(ids)+1)
	all = append(all, uint32(len(ids)))
	for _, id := range ids {
		all = append(all, uint32(id))
	}
	_ = binary.Write(&b, binary.LittleEndian, all)
	return b.Bytes()
}

func untruncated(tb testing.TB, tok Tokenizer) Tokenizer {
	tb.Helper()
	whole, err := tok.Truncated(1 << 30)
	require.NoError(tb, err)
	return whole
}
