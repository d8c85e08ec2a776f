package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// openOlder reads a folder without tokenizer.json: the vocabulary files that it has, put together as the class of the
// tokenizer demands.
func openOlder(fsys fs.FS, c *config) (Tokenizer, error) {
	class := c.class()
	if class == "" {
		class = guessClass(fsys, c)
	}
	if class == "Siglip" {
		return openSiglip(fsys, c)
	}
	recipes := map[string]func(fs.FS, *config) (*file, error){
		"Bert": bertFile, "DistilBert": bertFile, "CLIP": clipFile, "Roberta": robertaFile,
		"XLMRoberta": xlmRobertaFile, "T5": t5File, "Llama": llamaFile, "Gemma": gemmaFile, "Siglip2": siglip2File,
	}
	recipe, ok := recipes[class]
	if !ok {
		return nil, unsupported("without tokenizer.json, tokenizer_class", c.Class)
	}
	f, err := recipe(fsys, c)
	if err != nil {
		return nil, err
	}
	p, err := newPipeline(f)
	if err != nil {
		return nil, err
	}
	return c.apply(p, false)
}

// guessClass goes by the files where nothing names a class.
func guessClass(fsys fs.FS, c *config) string {
	switch {
	case c.ModelType == "siglip":
		return "Siglip"
	case exists(fsys, "vocab.txt"):
		return "Bert"
	case exists(fsys, "vocab.json") && c.ModelType == "roberta":
		return "Roberta"
	case exists(fsys, "vocab.json"):
		return "CLIP"
	case exists(fsys, "sentencepiece.bpe.model"):
		return "XLMRoberta"
	case exists(fsys, spieceFile):
		return "T5"
	}
	return ""
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// readVocabulary reads the first of the files that is there.
func readVocabulary(fsys fs.FS, names ...string) ([]byte, string, error) {
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return data, name, err
		}
	}
	return nil, "", fmt.Errorf("%w: neither %s nor %s is there", ErrMalformed, tokenizerFile, strings.Join(names, ", "))
}

// token is a special token that does nothing but stand for itself.
func token(content string) *specialToken { return &specialToken{Content: content} }

// bertFile reads vocab.txt, a token a line.
func bertFile(fsys fs.FS, c *config) (*file, error) {
	data, _, err := readVocabulary(fsys, "vocab.txt")
	if err != nil {
		return nil, err
	}
	vocab := map[string]int64{}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		vocab[strings.TrimSuffix(line, "\r")] = int64(i)
	}
	s := c.orElse(specialTokens{Unknown: token("[UNK]"), Sep: token("[SEP]"), Pad: token("[PAD]"), Cls: token("[CLS]"),
		Mask: token("[MASK]")})
	f := &file{
		Normalizer: newComponent("BertNormalizer", map[string]any{"clean_text": true,
			"handle_chinese_chars": orTrue(c.Ideographs), "strip_accents": c.StripAccents, "lowercase": orTrue(c.Lowercase)}),
		PreTokenizer: newComponent("BertPreTokenizer", nil),
		Model:        newComponent("WordPiece", map[string]any{"unk_token": s.Unknown.Content, "vocab": vocab}),
		AddedTokens:  c.added(s, nil),
	}
	f.setFrame(vocab, []*specialToken{s.Cls}, []*specialToken{s.Sep})
	return f, nil
}

func orTrue(b *bool) bool { return b == nil || *b }

// setFrame puts special tokens round the text. Their ids are the vocabulary's, or those that they will be added with.
func (f *file) setFrame(vocab map[string]int64, before, after []*specialToken) {
	known := map[string]any{}
	next := int64(len(vocab))
	for _, t := range f.AddedTokens {
		id, ok := vocab[t.Content]
		if !ok {
			id = next
			next++
		}
		known[t.Content] = map[string]any{"ids": []int64{id}}
	}
	pieces := []any{}
	for _, t := range before {
		pieces = append(pieces, map[string]any{"SpecialToken": map[string]any{"id": t.Content}})
	}
	pieces = append(pieces, map[string]any{"Sequence": map[string]any{"id": "A"}})
	for _, t := range after {
		pieces = append(pieces, map[string]any{"SpecialToken": map[string]any{"id": t.Content}})
	}
	f.PostProcessor = newComponent("TemplateProcessing", map[string]any{"single": pieces, "special_tokens": known})
}

// readMerges reads vocab.json and merges.txt.
func readMerges(fsys fs.FS) (vocab map[string]int64, merges []mergePair, err error) {
	data, name, err := readVocabulary(fsys, "vocab.json")
	if err != nil {
		return nil, nil, err
	}
	if err = json.Unmarshal(data, &vocab); err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	if data, name, err = readVocabulary(fsys, "merges.txt"); err != nil {
		return nil, nil, err
	}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#version") {
			continue
		}
		var m mergePair
		if err = m.parse(line); err != nil {
			return nil, nil, fmt.Errorf("%w: %s, line %d: %w", ErrMalformed, name, i+1, err)
		}
		merges = append(merges, m)
	}
	return vocab, merges, nil
}

// clipFile is CLIP's: lowercase words, whose last piece is marked.
func clipFile(fsys fs.FS, c *config) (*file, error) {
	vocab, merges, err := readMerges(fsys)
	if err != nil {
		return nil, err
	}
	end := token("<|endoftext|>")
	s := c.orElse(specialTokens{BOS: token("<|startoftext|>"), EOS: end, Unknown: end, Pad: end})
	f := &file{
		Normalizer: newComponent("Sequence", map[string]any{"normalizers": []any{newComponent("NFC", nil),
			newComponent("Replace", map[string]any{"pattern": map[string]string{"Regex": `\s+`}, "content": " "}),
			newComponent("Lowercase", nil)}}),
		PreTokenizer: newComponent("Sequence", map[string]any{"pretokenizers": []any{
			newComponent("Split", map[string]any{"pattern": map[string]string{"Regex": clipPattern}, "behavior": "Removed",
				"invert": true}),
			newComponent("ByteLevel", map[string]any{"add_prefix_space": false})}}),
		Model: newComponent("BPE", map[string]any{"unk_token": s.Unknown.Content, "end_of_word_suffix": "</w>",
			"vocab": vocab, "merges": merges}),
		AddedTokens: c.added(s, nil),
	}
	f.setFrame(vocab, []*specialToken{s.BOS}, []*specialToken{s.EOS})
	return f, nil
}

// robertaFile is RoBERTa's, that is GPT-2's words between other tokens.
func robertaFile(fsys fs.FS, c *config) (*file, error) {
	vocab, merges, err := readMerges(fsys)
	if err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{BOS: token("<s>"), EOS: token("</s>"), Unknown: token("<unk>"), Sep: token("</s>"),
		Pad: token("<pad>"), Cls: token("<s>"), Mask: token("<mask>")})
	f := &file{
		PreTokenizer: newComponent("ByteLevel", map[string]any{
			"add_prefix_space": c.AddPrefixSpace != nil && *c.AddPrefixSpace}),
		Model:       newComponent("BPE", map[string]any{"vocab": vocab, "merges": merges}),
		AddedTokens: c.added(s, nil),
	}
	f.setFrame(vocab, []*specialToken{s.Cls}, []*specialToken{s.Sep})
	return f, nil
}

// readSentencePiece reads the folder's sentencepiece model, of the given type.
func readSentencePiece(fsys fs.FS, modelType uint64) (*sentencePiece, error) {
	data, name, err := readVocabulary(fsys, "sentencepiece.bpe.model", spieceFile, "tokenizer.model",
		"sentencepiece.model")
	if err != nil {
		return nil, err
	}
	m, err := parseSentencePiece(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if m.modelType != modelType {
		return nil, unsupported(name+": model_type", fmt.Sprint(m.modelType))
	}
	return m, nil
}

// unigramFile splits at white space and marks the beginnings of words.
func unigramFile(m *sentencePiece, vocab []any, unknown int, prefix string) *file {
	f := &file{
		PreTokenizer: newComponent("Sequence", map[string]any{"pretokenizers": []any{newComponent("WhitespaceSplit", nil),
			newComponent("Metaspace", map[string]any{"replacement": "▁", "prepend_scheme": prefix})}}),
		Model: newComponent("Unigram", map[string]any{"unk_id": unknown, "vocab": vocab}),
	}
	if len(m.charsmap) > 0 {
		f.Normalizer = newComponent("Precompiled", map[string]any{"precompiled_charsmap": m.charsmap})
	}
	return f
}

// xlmRobertaFile is XLM-R's, which numbers its first tokens otherwise than the model file.
func xlmRobertaFile(fsys fs.FS, c *config) (*file, error) {
	m, err := readSentencePiece(fsys, spUnigram)
	if err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{BOS: token("<s>"), EOS: token("</s>"), Unknown: token("<unk>"), Sep: token("</s>"),
		Pad: token("<pad>"), Cls: token("<s>"), Mask: token("<mask>")})
	scored := m.scored()
	vocab := []any{[]any{s.BOS.Content, 0}, []any{s.Pad.Content, 0}, []any{s.EOS.Content, 0}, []any{s.Unknown.Content, 0}}
	vocab = append(vocab, scored[min(3, len(scored)):]...)
	vocab = append(vocab, []any{s.Mask.Content, 0})
	prefix := "always"
	if !orTrue(c.AddPrefixSpace) {
		prefix = "never"
	}
	f := unigramFile(m, vocab, 3, prefix)
	f.AddedTokens = c.added(s, m.added())
	f.setFrame(scoredIDs(vocab), []*specialToken{s.BOS}, []*specialToken{s.EOS})
	return f, nil
}

// scoredIDs numbers a Unigram vocabulary.
func scoredIDs(vocab []any) map[string]int64 {
	ids := make(map[string]int64, len(vocab))
	for i, p := range vocab {
		ids[p.([]any)[0].(string)] = int64(i)
	}
	return ids
}

// t5File is T5's, which adds <extra_id_99> to <extra_id_0> behind the model file's pieces.
func t5File(fsys fs.FS, c *config) (*file, error) {
	m, err := readSentencePiece(fsys, spUnigram)
	if err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{EOS: token("</s>"), Unknown: token("<unk>"), Pad: token("<pad>")})
	vocab, tokens := m.scored(), m.added()
	extra := 100
	if c.ExtraIDs != nil {
		extra = *c.ExtraIDs
	}
	for i := extra - 1; i >= 0; i-- {
		name := fmt.Sprintf("<extra_id_%d>", i)
		vocab = append(vocab, []any{name, 0})
		tokens = append(tokens, addedToken{Content: name})
	}
	f := unigramFile(m, vocab, 2, "always")
	f.AddedTokens = c.added(s, tokens)
	f.setFrame(scoredIDs(vocab), nil, []*specialToken{s.EOS})
	return f, nil
}

// bpeFile is a sentencepiece BPE with what the config says about the tokens round a text.
func bpeFile(m *sentencePiece, c *config, s specialTokens, fields map[string]any) *file {
	vocab := m.ids()
	fields["vocab"], fields["merges"] = vocab, m.merges(vocab)
	fields["byte_fallback"], fields["fuse_unk"] = true, true
	f := &file{Model: newComponent("BPE", fields), AddedTokens: c.added(s, m.added())}
	var before, after []*specialToken
	if orTrue(c.AddBOS) {
		before = append(before, s.BOS)
	}
	if c.AddEOS != nil && *c.AddEOS {
		after = append(after, s.EOS)
	}
	f.setFrame(vocab, before, after)
	return f
}

// llamaFile is Llama's: texts are one piece, in which spaces are marks.
func llamaFile(fsys fs.FS, c *config) (*file, error) {
	m, err := readSentencePiece(fsys, spBPE)
	if err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{BOS: token("<s>"), EOS: token("</s>"), Unknown: token("<unk>")})
	f := bpeFile(m, c, s, map[string]any{})
	prefix := "first"
	switch {
	case !orTrue(c.AddPrefixSpace):
		prefix = "never"
	case c.Legacy != nil && *c.Legacy:
		prefix = "always"
	}
	f.PreTokenizer = newComponent("Metaspace", map[string]any{"replacement": "▁", "prepend_scheme": prefix, "split": false})
	return f, nil
}

// gemmaFile is Gemma's: Llama's without a mark in front.
func gemmaFile(fsys fs.FS, c *config) (*file, error) {
	m, err := readSentencePiece(fsys, spBPE)
	if err != nil {
		return nil, err
	}
	s := c.orElse(specialTokens{BOS: token("<bos>"), EOS: token("<eos>"), Unknown: token("<unk>"), Pad: token("<pad>"),
		Mask: token("<mask>")})
	f := bpeFile(m, c, s, map[string]any{"unk_token": s.Unknown.Content})
	f.Normalizer = newComponent("Replace", map[string]any{"pattern": map[string]string{"String": " "}, "content": "▁"})
	return f, nil
}

// siglip2File is Gemma's, lowercased.
func siglip2File(fsys fs.FS, c *config) (*file, error) {
	f, err := gemmaFile(fsys, c)
	if err == nil {
		f.Normalizer = lowercased(f.Normalizer)
	}
	return f, err
}
