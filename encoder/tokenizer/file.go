package tokenizer

import (
	"encoding/json"
	"fmt"
)

// file mirrors the parts of tokenizer.json that are read. Fields that must not be ignored silently are checked where
// they are used.
type file struct {
	Truncation    *truncation     `json:"truncation"`
	Padding       *padding        `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    *normalizerSpec `json:"normalizer"`
	PreTokenizer  *typed          `json:"pre_tokenizer"`
	PostProcessor *postProcessor  `json:"post_processor"`
	Model         model           `json:"model"`
}

type typed struct {
	Type string `json:"type"`
}

type truncation struct {
	Direction string `json:"direction"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"`
}

type padding struct {
	PadID int64 `json:"pad_id"`
}

type addedToken struct {
	ID         int64  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LeftStrip  bool   `json:"lstrip"`
	RightStrip bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
}

type normalizerSpec struct {
	Type               string `json:"type"`
	CleanText          bool   `json:"clean_text"`
	HandleChineseChars bool   `json:"handle_chinese_chars"`
	StripAccents       *bool  `json:"strip_accents"` // absent: as lowercase
	Lowercase          bool   `json:"lowercase"`
}

type model struct {
	Type          string           `json:"type"`
	UnknownToken  string           `json:"unk_token"`
	Prefix        *string          `json:"continuing_subword_prefix"`
	MaxInputChars *int             `json:"max_input_chars_per_word"`
	Vocab         map[string]int64 `json:"vocab"`
}

type postProcessor struct {
	Type          string                     `json:"type"`
	Sep           json.RawMessage            `json:"sep"` // BertProcessing: ["[SEP]", 3]
	Cls           json.RawMessage            `json:"cls"`
	Single        []templatePiece            `json:"single"` // TemplateProcessing
	SpecialTokens map[string]templateSpecial `json:"special_tokens"`
}

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

// frame is what surrounds a text's own tokens.
type frame struct {
	before, after []int64
}

func (p *postProcessor) frame() (frame, error) {
	if p == nil {
		return frame{}, nil
	}
	switch p.Type {
	case "BertProcessing":
		cls, err := pairID(p.Cls)
		if err != nil {
			return frame{}, fmt.Errorf("%w: post_processor.cls: %w", ErrMalformed, err)
		}
		sep, err := pairID(p.Sep)
		if err != nil {
			return frame{}, fmt.Errorf("%w: post_processor.sep: %w", ErrMalformed, err)
		}
		return frame{before: []int64{cls}, after: []int64{sep}}, nil
	case "TemplateProcessing":
		return p.template()
	default:
		return frame{}, unsupported("post_processor.type", p.Type)
	}
}

// pairID reads the id of a ["token", id] pair.
func pairID(raw json.RawMessage) (int64, error) {
	var token string
	var id int64
	if err := json.Unmarshal(raw, &[]any{&token, &id}); err != nil {
		return 0, err
	}
	return id, nil
}

func (p *postProcessor) template() (frame, error) {
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
