package tokenizer

import (
	"html"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// openCLIPFile says, in folders of open_clip's models, how texts are cleaned before a tokenizer of another library.
const openCLIPFile = "open_clip_config.json"

// cleaned is a tokenizer of texts that are cleaned first, as open_clip does for the text towers that it took from
// elsewhere. Its repair of wrongly decoded text (by the library ftfy) is left out: what reaches us is UTF-8.
type cleaned struct {
	Tokenizer
	clean func(string) string
}

// Encode implements Tokenizer.
func (c *cleaned) Encode(text string) ([]int64, error) {
	if !utf8.ValidString(text) {
		return nil, ErrUTF8
	}
	return c.Tokenizer.Encode(c.clean(text))
}

// Truncated implements Tokenizer.
func (c *cleaned) Truncated(maxTokens int) (Tokenizer, error) {
	short, err := c.Tokenizer.Truncated(maxTokens)
	if err != nil {
		return nil, err
	}
	return &cleaned{Tokenizer: short, clean: c.clean}, nil
}

// withCleaning wraps t where the folder asks for it.
func withCleaning(fsys fs.FS, t Tokenizer) (Tokenizer, error) {
	var config struct {
		Model struct {
			Text struct {
				Name    string `json:"hf_tokenizer_name"` // empty: open_clip's own, which needs no cleaning but its own
				Options struct {
					Clean    string `json:"clean"`
					StripSep bool   `json:"strip_sep_token"`
				} `json:"tokenizer_kwargs"`
			} `json:"text_cfg"`
		} `json:"model_cfg"`
	}
	if err := readJSON(fsys, openCLIPFile, &config); err != nil {
		return nil, err
	}
	text := config.Model.Text
	if text.Name == "" {
		return t, nil
	}
	if text.Options.StripSep {
		return nil, unsupported(openCLIPFile+": tokenizer_kwargs", "strip_sep_token")
	}
	switch text.Options.Clean {
	case "", "whitespace":
		return &cleaned{t, func(s string) string { return oneSpace(unescaped(s)) }}, nil
	case "whitespace_underscore":
		return &cleaned{t, func(s string) string { return oneSpace(strings.ReplaceAll(unescaped(s), "_", " ")) }}, nil
	case "lower":
		return &cleaned{t, func(s string) string { return pythonLower(oneSpace(unescaped(s))) }}, nil
	case "canonicalize":
		return &cleaned{t, canonical}, nil
	}
	return nil, unsupported(openCLIPFile+": clean", text.Options.Clean)
}

// unescaped replaces entities of HTML, twice: "&amp;amp;" is written by careless exports.
func unescaped(s string) string { return html.UnescapeString(html.UnescapeString(s)) }

// oneSpace makes one space of white space, and none at the ends.
func oneSpace(s string) string { return strings.Join(strings.FieldsFunc(s, isPythonSpace), " ") }

// pythonLower lowercases as Python does.
func pythonLower(s string) string {
	text := []byte(s)
	dst := make([]byte, 0, len(s))
	for i, r := range s {
		dst = appendPythonLower(dst, text, i, r)
	}
	return string(dst)
}

// canonical drops ASCII punctuation, lowercases and makes one space of white space and underscores.
func canonical(s string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r == '_':
			return ' '
		case r < utf8.RuneSelf && isPunctuation(r):
			return -1
		}
		return r
	}, unescaped(s))
	return oneSpace(pythonLower(kept))
}
