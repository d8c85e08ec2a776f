package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// The files of a model folder that Open reads, those that are there.
const (
	tokenizerFile     = "tokenizer.json"
	configFile        = "tokenizer_config.json"
	specialTokensFile = "special_tokens_map.json"
	spieceFile        = "spiece.model"
	modelFile         = "config.json" // for model_type, where tokenizer_config.json names no class
)

// Open reads the tokenizer of a model folder: tokenizer.json, or where there is none the older vocabulary files:
//
//	vocab.txt                                               BERT
//	vocab.json and merges.txt                               CLIP, RoBERTa
//	spiece.model, sentencepiece.bpe.model, tokenizer.model  T5, SigLIP, XLM-R, Llama, Gemma
//
// whose components follow from the class that tokenizer_config.json names. Its limit of tokens and its padding token
// apply either way, and so does the cleaning of texts that an open_clip_config.json asks for. A spiece.model of SigLIP
// comes before its tokenizer.json. The errors are ErrMalformed and ErrUnsupported, with the name of the file, and those of fsys.
func Open(fsys fs.FS) (Tokenizer, error) {
	c, err := readConfig(fsys)
	if err != nil {
		return nil, err
	}
	t, err := open(fsys, c)
	if err != nil {
		return nil, err
	}
	return withCleaning(fsys, t)
}

func open(fsys fs.FS, c *config) (Tokenizer, error) {
	data, err := fs.ReadFile(fsys, tokenizerFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return openOlder(fsys, c)
	case err != nil:
		return nil, err
	case c.class() == "Siglip" && exists(fsys, spieceFile):
		return openSiglip(fsys, c) // the reference never reads the tokenizer.json beside it
	}
	f, err := parseFile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokenizerFile, err)
	}
	if c.class() == "Siglip2" {
		f.Normalizer = lowercased(f.Normalizer)
	}
	p, err := newPipeline(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokenizerFile, err)
	}
	return c.apply(p, f.Padding != nil)
}

// lowercased puts Lowercase before a normalizer that has none: SigLIP 2 was trained so, and its files do not say it.
func lowercased(n *component) *component {
	if n == nil {
		return newComponent("Lowercase", nil)
	}
	if strings.Contains(string(n.raw), `"Lowercase"`) {
		return n
	}
	return newComponent("Sequence", map[string]any{"normalizers": []any{newComponent("Lowercase", nil), n}})
}

// config is what is read of tokenizer_config.json, with the special tokens of special_tokens_map.json.
type config struct {
	Class            string                `json:"tokenizer_class"`
	ModelType        string                `json:"-"`                // of config.json
	MaxLength        float64               `json:"model_max_length"` // 1e30 for none
	Lowercase        *bool                 `json:"do_lower_case"`
	Ideographs       *bool                 `json:"tokenize_chinese_chars"`
	StripAccents     *bool                 `json:"strip_accents"`
	AddPrefixSpace   *bool                 `json:"add_prefix_space"`
	AddBOS           *bool                 `json:"add_bos_token"`
	AddEOS           *bool                 `json:"add_eos_token"`
	Legacy           *bool                 `json:"legacy"`
	ExtraIDs         *int                  `json:"extra_ids"`
	AddedTokens      map[string]addedToken `json:"added_tokens_decoder"` // by id
	AdditionalTokens []specialToken        `json:"additional_special_tokens"`
	specialTokens
}

// specialTokens are the tokens that have a role, in the order in which the reference adds them.
type specialTokens struct {
	BOS     *specialToken `json:"bos_token"`
	EOS     *specialToken `json:"eos_token"`
	Unknown *specialToken `json:"unk_token"`
	Sep     *specialToken `json:"sep_token"`
	Pad     *specialToken `json:"pad_token"`
	Cls     *specialToken `json:"cls_token"`
	Mask    *specialToken `json:"mask_token"`
}

// specialToken is "<s>" or {"content": "<s>", "lstrip": false, …}.
type specialToken addedToken

// UnmarshalJSON implements json.Unmarshaler.
func (t *specialToken) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &t.Content)
	}
	return json.Unmarshal(data, (*addedToken)(t))
}

func readConfig(fsys fs.FS) (*config, error) {
	var c config
	if err := readJSON(fsys, configFile, &c); err != nil {
		return nil, err
	}
	if c.AddedTokens == nil { // files that have them repeat the special tokens there
		if err := readJSON(fsys, specialTokensFile, &c.specialTokens); err != nil {
			return nil, err
		}
	}
	var model struct {
		Type string `json:"model_type"`
	}
	if err := readJSON(fsys, modelFile, &model); err != nil {
		return nil, err
	}
	c.ModelType = model.Type
	return &c, nil
}

// readJSON leaves v as it is when there is no such file.
func readJSON(fsys fs.FS, name string, v any) error {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, name, err)
	}
	return nil
}

// class is the tokenizer's class without "Tokenizer" or "TokenizerFast", "" when the folder does not say.
func (c *config) class() string {
	if c.ModelType == "siglip2" { // whose folders name Gemma's class
		return "Siglip2"
	}
	name := strings.TrimSuffix(strings.TrimSuffix(c.Class, "Fast"), "Tokenizer")
	if name == "PreTrained" {
		return ""
	}
	return name
}

// apply gives p the limit and the padding token of the folder, where its own file says nothing.
func (c *config) apply(p *pipeline, padded bool) (Tokenizer, error) {
	if c.Pad != nil && !padded {
		if id, ok := p.tokenID(c.Pad.Content); ok {
			p.pad = id
		}
	}
	const unlimited = 1e9
	if p.maxTokens == 0 && c.MaxLength > 0 && c.MaxLength < unlimited {
		p.maxTokens = int(c.MaxLength)
		if err := p.checkMaxTokens(p.maxTokens); err != nil {
			return nil, fmt.Errorf("%w: %s: model_max_length: %w", ErrMalformed, configFile, err)
		}
	}
	if class := c.class(); p.padTo == 0 && (class == "Siglip" || class == "Siglip2" || c.ModelType == "siglip") {
		p.padTo = p.maxTokens // these were trained on full length, and no file says so
	}
	return p, nil
}

// orElse are the special tokens of the folder, and those of defaults where it has none.
func (s specialTokens) orElse(defaults specialTokens) specialTokens {
	ours, theirs := s.all(), defaults.all()
	for i := range ours {
		if *ours[i] == nil {
			*ours[i] = *theirs[i]
		}
	}
	return s
}

func (s *specialTokens) all() []**specialToken {
	return []**specialToken{&s.BOS, &s.EOS, &s.Unknown, &s.Sep, &s.Pad, &s.Cls, &s.Mask}
}

// added lists tokens, then those with a role, then the folder's others, each once.
func (c *config) added(s specialTokens, tokens []addedToken) []addedToken {
	for _, id := range sortedIDs(c.AddedTokens) {
		tokens = append(tokens, c.AddedTokens[id])
	}
	for _, t := range s.all() {
		if *t != nil {
			tokens = append(tokens, addedToken(**t))
		}
	}
	for _, t := range c.AdditionalTokens {
		tokens = append(tokens, addedToken(t))
	}
	var out []addedToken
	for _, t := range tokens {
		if !slices.ContainsFunc(out, func(o addedToken) bool { return o.Content == t.Content }) {
			out = append(out, t)
		}
	}
	return out
}

// sortedIDs returns the keys in the order of the numbers that they are.
func sortedIDs(tokens map[string]addedToken) []string {
	ids := make([]string, 0, len(tokens))
	for id := range tokens {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}
