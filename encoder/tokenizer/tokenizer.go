package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
)

var (
	// ErrUTF8 says that a text is not valid UTF-8.
	ErrUTF8 = errors.New("text is not valid UTF-8")
	// ErrUnsupported says that a tokenizer's files are well-formed and ask for something that this package does not do.
	ErrUnsupported = errors.New("unsupported tokenizer")
	// ErrMalformed says that a tokenizer's files cannot be understood.
	ErrMalformed = errors.New("malformed tokenizer")
)

// Tokenizer turns texts into token ids. Implementations are immutable and safe for concurrent use.
type Tokenizer interface {
	// Encode returns the ids of one text, special tokens included, truncated to MaxTokens, not padded. It returns
	// ErrUTF8 for a text that is not valid UTF-8 and no other error.
	Encode(text string) ([]int64, error)
	// PadID is the id that fills the shorter texts of a batch.
	PadID() int64
	// PadTo is how many ids every text is padded to, 0 where the files only ask for the longest of a batch.
	PadTo() int
	// MaxTokens is the longest result of Encode in ids, 0 when the files set no limit.
	MaxTokens() int
	// Truncated returns the same tokenizer with another MaxTokens, which must leave room for the special tokens.
	Truncated(maxTokens int) (Tokenizer, error)
}

// Parse reads a tokenizer.json. It returns ErrMalformed or ErrUnsupported, wrapped with the offending part.
func Parse(data []byte) (Tokenizer, error) {
	f, err := parseFile(data)
	if err != nil {
		return nil, err
	}
	return newPipeline(f)
}

func parseFile(data []byte) (*file, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &f, nil
}

func unsupported(field, value string) error {
	return fmt.Errorf("%w: %s %q", ErrUnsupported, field, value)
}
