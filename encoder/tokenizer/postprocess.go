package tokenizer

import (
	"encoding/json"
	"fmt"
)

// frame is what surrounds a text's own tokens.
type frame struct {
	before, after []int64
}

func (f frame) size() int { return len(f.before) + len(f.after) }

type templatePiece struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
	Sequence *struct {
		ID string `json:"id"`
	} `json:"Sequence"`
}

type templateSpecial struct {
	IDs []int64 `json:"ids"`
}

// newFrame reads a post_processor, of which only the special tokens round one text matter here.
func newFrame(c *component) (frame, error) {
	if c == nil {
		return frame{}, nil
	}
	switch c.Type {
	case "BertProcessing", "RobertaProcessing":
		return pairFrame(c)
	case "TemplateProcessing":
		return templateFrame(c)
	case "ByteLevel": // trims offsets, which are not kept
		return frame{}, nil
	case "Sequence":
		return sequenceFrame(c)
	default:
		return frame{}, unsupported("post_processor.type", c.Type)
	}
}

func pairFrame(c *component) (frame, error) {
	var p struct {
		Sep json.RawMessage `json:"sep"` // ["[SEP]", 3]
		Cls json.RawMessage `json:"cls"`
	}
	if err := c.read(&p); err != nil {
		return frame{}, err
	}
	cls, err := pairID(p.Cls)
	if err != nil {
		return frame{}, fmt.Errorf("%w: post_processor.cls: %w", ErrMalformed, err)
	}
	sep, err := pairID(p.Sep)
	if err != nil {
		return frame{}, fmt.Errorf("%w: post_processor.sep: %w", ErrMalformed, err)
	}
	return frame{before: []int64{cls}, after: []int64{sep}}, nil
}

// pairID reads the id of a ["token", id] pair.
func pairID(raw json.RawMessage) (int64, error) {
	var token string
	id := int64(none)
	if err := json.Unmarshal(raw, &[]any{&token, &id}); err != nil {
		return 0, err
	}
	if id < 0 {
		return 0, fmt.Errorf("%s has no id", raw)
	}
	return id, nil
}

// sequenceFrame puts the frame of each processor round that of the one before.
func sequenceFrame(c *component) (frame, error) {
	var s struct {
		Processors []*component `json:"processors"`
	}
	if err := c.read(&s); err != nil {
		return frame{}, err
	}
	var f frame
	for _, p := range s.Processors {
		if p == nil {
			return frame{}, fmt.Errorf("%w: post_processor.processors has an empty entry", ErrMalformed)
		}
		outer, err := newFrame(p)
		if err != nil {
			return frame{}, err
		}
		f.before = append(outer.before, f.before...)
		f.after = append(f.after, outer.after...)
	}
	return f, nil
}

func templateFrame(c *component) (frame, error) {
	var p struct {
		Single        []templatePiece            `json:"single"`
		SpecialTokens map[string]templateSpecial `json:"special_tokens"`
	}
	if err := c.read(&p); err != nil {
		return frame{}, err
	}
	var f frame
	seen := false
	for _, piece := range p.Single {
		switch {
		case piece.Sequence != nil && seen:
			return frame{}, unsupported("post_processor.single", "the text twice")
		case piece.Sequence != nil:
			seen = true
		case piece.SpecialToken != nil:
			special, ok := p.SpecialTokens[piece.SpecialToken.ID]
			if !ok {
				return frame{}, fmt.Errorf("%w: post_processor names the unknown special token %q",
					ErrMalformed, piece.SpecialToken.ID)
			}
			if seen {
				f.after = append(f.after, special.IDs...)
			} else {
				f.before = append(f.before, special.IDs...)
			}
		default:
			return frame{}, fmt.Errorf("%w: post_processor.single has an empty piece", ErrMalformed)
		}
	}
	if !seen {
		return frame{}, fmt.Errorf("%w: post_processor.single leaves the text out", ErrMalformed)
	}
	return f, nil
}
