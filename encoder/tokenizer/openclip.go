package tokenizer

import (
	"html"
	"io/fs"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// openCLIPFile says, in folders of open_clip's models, how texts are cleaned before a tokenizer of another library.
const openCLIPFile = "open_clip_config.json"

// cleaned is a tokenizer of texts that are cleaned first, as open_clip does for the text towers that it took from
// elsewhere. It also guesses at text that was decoded wrongly; that is left out, since what reaches us is UTF-8.
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
		return &cleaned{t, func(s string) string { return oneSpace(basic(s)) }}, nil
	case "whitespace_underscore":
		return &cleaned{t, func(s string) string { return oneSpace(strings.ReplaceAll(basic(s), "_", " ")) }}, nil
	case "lower":
		return &cleaned{t, func(s string) string { return pythonLower(oneSpace(basic(s))) }}, nil
	case "canonicalize":
		return &cleaned{t, canonical}, nil
	}
	return nil, unsupported(openCLIPFile+": clean", text.Options.Clean)
}

// basic is open_clip's basic_clean: entities of HTML are replaced, twice because "&amp;amp;" is written by careless
// exports, and what the library ftfy repairs in any text.
func basic(s string) string {
	s = html.UnescapeString(html.UnescapeString(s))
	if isASCII([]byte(s)) && strings.IndexFunc(s, isDropped) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case isDropped(r):
		case r == 'ʼ' || r >= 0x2018 && r <= 0x201B:
			b.WriteByte('\'')
		case r == 'ŉ':
			b.WriteString("'n")
		case r >= 0x201C && r <= 0x201F:
			b.WriteByte('"')
		case r == 0x3000 || r > 0xFF00 && r < 0xFFF0 || isLigature(r): // of other width, and joined letters
			b.WriteString(norm.NFKC.String(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return string(normalForm(norm.NFC).appendStretch(nil, []byte(b.String()), new(buffers)))
}

// isDropped reports the controls that mean nothing in a text.
func isDropped(r rune) bool {
	return r < ' ' && !isSpace(r) || r == '\v' || r == 0x7F || r >= 0x206A && r <= 0x206F || r == 0xFEFF ||
		r >= 0xFFF9 && r <= 0xFFFC
}

// isLigature reports Latin letters that are one rune for two or three.
func isLigature(r rune) bool {
	return r == 'Ĳ' || r == 'ĳ' || r >= 0x1C4 && r <= 0x1CC || r >= 0x1F1 && r <= 0x1F3 || r >= 0xFB00 && r <= 0xFB06
}

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
	}, basic(s))
	return oneSpace(pythonLower(kept))
}
