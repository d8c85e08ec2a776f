package tokenizer

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// without returns the folder less some files.
func without(folder fstest.MapFS, names ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, file := range folder {
		out[name] = file
	}
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// TestOpenOlderFiles compares what the older files give with the reference library.
func TestOpenOlderFiles(t *testing.T) {
	texts := corpusTexts(t, corpusSize())
	for _, name := range []string{"clip", "roberta", "bert", "bert_cased", "xlm_roberta", "t5", "llama", "gemma", "siglip_slow"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := Open(without(familyFolder(t, name), "tokenizer.json"))
			require.NoError(t, err)
			requireGolden(t, tok, texts, readFamilyGolden(t, name))
		})
	}
}

func TestOpenLimits(t *testing.T) {
	cases := []struct {
		name      string
		maxTokens int
		pad       string
		padTo     int
	}{
		{"clip", 77, "<|endoftext|>", 0},
		{"roberta", 512, "<pad>", 0},
		{"bert", 512, "[PAD]", 0},
		{"xlm_roberta", 512, "<pad>", 0},
		{"t5", 512, "<pad>", 0},
		{"siglip", 64, "</s>", 64}, // as its tokenizer.json says
		{"siglip_slow", 64, "</s>", 64},
		{"gemma", 64, "<pad>", 64}, // of SigLIP 2
		{"llama", 0, "<unk>", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tok, err := Open(familyFolder(t, c.name))
			require.NoError(t, err)
			require.Equal(t, c.maxTokens, tok.MaxTokens())
			require.Equal(t, c.padTo, tok.PadTo())
			short, err := tok.Truncated(40)
			require.NoError(t, err)
			ids, err := short.Encode(c.pad + " dress " + c.pad)
			require.NoError(t, err)
			require.Contains(t, ids, tok.PadID())
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	spiece := familyFolder(t, "t5")["spiece.model"].Data
	cases := []struct {
		name   string
		folder fstest.MapFS
		want   error
		says   string
	}{
		{"empty folder", fstest.MapFS{}, ErrUnsupported, "tokenizer_class"},
		{"damaged config", fstest.MapFS{"tokenizer_config.json": text("{")}, ErrMalformed, "tokenizer_config.json"},
		{"damaged tokenizer.json", fstest.MapFS{"tokenizer.json": text("{")}, ErrMalformed, "tokenizer.json"},
		{"unknown class", fstest.MapFS{"tokenizer_config.json": text(`{"tokenizer_class":"ReformerTokenizer"}`)},
			ErrUnsupported, "ReformerTokenizer"},
		{"class without its files", fstest.MapFS{"tokenizer_config.json": text(`{"tokenizer_class":"XLMRobertaTokenizer"}`)},
			ErrMalformed, "sentencepiece.bpe.model"},
		{"vocab.txt without unknown token", fstest.MapFS{"vocab.txt": text("a\nb\n")}, ErrMalformed, "[UNK]"},
		{"vocab.json without merges.txt", fstest.MapFS{"vocab.json": text("{}")}, ErrMalformed, "merges.txt"},
		{"merges of three", fstest.MapFS{"vocab.json": text("{}"), "merges.txt": text("#version: 0.2\na b c\n")},
			ErrMalformed, "line 2"},
		{"sentencepiece model cut off", fstest.MapFS{"spiece.model": {Data: spiece[:len(spiece)/2]}}, ErrMalformed, "spiece.model"},
		{"empty sentencepiece model", fstest.MapFS{"spiece.model": {}}, ErrMalformed, "0 pieces"},
		{"unigram where BPE is wanted", fstest.MapFS{"tokenizer.model": {Data: spiece},
			"tokenizer_config.json": text(`{"tokenizer_class":"LlamaTokenizer"}`)}, ErrUnsupported, "model_type"},
		{"no room for text", fstest.MapFS{"vocab.txt": text("[UNK]\n[CLS]\n[SEP]\n"),
			"tokenizer_config.json": text(`{"model_max_length":2}`)}, ErrMalformed, "model_max_length"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(c.folder)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// folderOf is a folder with a sentencepiece model and the name of a class.
func folderOf(class string, model []byte) fstest.MapFS {
	return fstest.MapFS{
		"spiece.model":          {Data: model},
		"tokenizer_config.json": {Data: []byte(`{"tokenizer_class":"` + class + `Tokenizer"}`)},
	}
}
