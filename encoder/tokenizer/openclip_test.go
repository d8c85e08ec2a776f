package tokenizer

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestOpenCleansAsOpenCLIP(t *testing.T) {
	cases := []struct{ clean, text, want string }{
		{"", "  Red \t&amp;amp; Blue_Dress\n", "Red & Blue_Dress"},
		{"whitespace", "a\u00a0b\u2028c\x1cd", "a b cd"},
		{"whitespace_underscore", "sea_waves  &lt;3", "sea waves <3"},
		{"lower", "ΣΊΣΥΦΟΣ İ &Eacute;", "σίσυφος i̇ é"},
		{"", "Men\u2019s \u201cred\u201d \ufb01ne e\u0301t\u00e9 \uff26\uff35\uff2c\uff2c\u3000\uff76\u0000x\ufeff", "Men's \"red\" fine \u00e9t\u00e9 FULL \u30abx"},
		{"canonicalize", "A photo_of: a (Red) DRESS, size-42 — ΑΣ-Α!", "a photo of a red dress size42 — ασα"},
	}
	for _, c := range cases {
		t.Run(c.clean, func(t *testing.T) {
			plain := familyFolder(t, "t5")
			folder := without(plain)
			folder["open_clip_config.json"] = &fstest.MapFile{Data: []byte(
				`{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x","tokenizer_kwargs":{"clean":"` + c.clean + `"}}}}`)}
			tok, err := Open(folder)
			require.NoError(t, err)
			inner, err := Open(plain)
			require.NoError(t, err)
			want, err := inner.Encode(c.want)
			require.NoError(t, err)
			short, err := tok.Truncated(100)
			require.NoError(t, err)
			got, err := short.Encode(c.text)
			require.NoError(t, err)
			require.Equal(t, want, got)
			_, err = tok.Encode("\xff")
			require.ErrorIs(t, err, ErrUTF8)
		})
	}
	for _, options := range []string{`{"clean":"scrub"}`, `{"strip_sep_token":true}`} {
		folder := familyFolder(t, "t5")
		folder["open_clip_config.json"] = &fstest.MapFile{Data: []byte(
			`{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"x","tokenizer_kwargs":` + options + `}}}`)}
		_, err := Open(folder)
		require.ErrorIs(t, err, ErrUnsupported)
	}
}
