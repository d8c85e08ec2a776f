package encoder

import (
	"encoding/json"
	"io/fs"

	"pinax/encoder/tokenizer"
)

const tokenizerConfigFile = "tokenizer_config.json"

// openTokenizer reads the tokenizer of a folder. What pads texts is said in tokenizer_config.json where tokenizer.json
// has no padding of its own.
func openTokenizer(fsys fs.FS) (tokenizer.Tokenizer, *int64, error) {
	data, err := fs.ReadFile(fsys, tokenizerFile)
	if err != nil {
		return nil, nil, err
	}
	t, err := tokenizer.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	config, err := fs.ReadFile(fsys, tokenizerConfigFile)
	if err != nil {
		return t, nil, nil //nolint:nilerr // the file is optional
	}
	return t, padToken(data, config), nil
}

// padToken is the id of the token that pads, nil when the files do not say or tokenizer.json says it by itself.
func padToken(file, config []byte) *int64 {
	var vocabulary struct {
		Padding *struct{} `json:"padding"`
		Added   []struct {
			ID      int64  `json:"id"`
			Content string `json:"content"`
		} `json:"added_tokens"`
		Model struct {
			Vocab json.RawMessage `json:"vocab"`
		} `json:"model"`
	}
	var settings struct {
		Pad json.RawMessage `json:"pad_token"`
	}
	if json.Unmarshal(file, &vocabulary) != nil || vocabulary.Padding != nil || json.Unmarshal(config, &settings) != nil {
		return nil
	}
	token := tokenText(settings.Pad)
	for _, added := range vocabulary.Added {
		if token != "" && added.Content == token {
			return &added.ID
		}
	}
	ids := map[string]int64{}
	if json.Unmarshal(vocabulary.Model.Vocab, &ids) != nil {
		return nil
	}
	if id, ok := ids[token]; ok {
		return &id
	}
	return nil
}

// tokenText reads a token, which is a string or an object with its content.
func tokenText(data json.RawMessage) string {
	var text string
	var object struct {
		Content string `json:"content"`
	}
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	if json.Unmarshal(data, &object) == nil {
		return object.Content
	}
	return ""
}
