package tokenizer

import (
	"encoding/json"
	"fmt"
)

// file mirrors tokenizer.json. Components keep their JSON until whoever knows their type reads them.
type file struct {
	Truncation    *truncation  `json:"truncation"`
	Padding       *padding     `json:"padding"`
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    *component   `json:"normalizer"`
	PreTokenizer  *component   `json:"pre_tokenizer"`
	PostProcessor *component   `json:"post_processor"`
	Model         *component   `json:"model"`
}

// component is an object with a "type" that decides what its other fields are.
type component struct {
	Type string
	raw  json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *component) UnmarshalJSON(data []byte) error {
	var t struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	c.Type = t.Type
	c.raw = append(c.raw[:0], data...)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (c *component) MarshalJSON() ([]byte, error) { return c.raw, nil }

// read fills v, a pointer to a struct, from the component's fields.
func (c *component) read(v any) error {
	if err := json.Unmarshal(c.raw, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, c.Type, err)
	}
	return nil
}

type truncation struct {
	Direction string `json:"direction"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"`
}

type padding struct {
	PadID     int64           `json:"pad_id"`
	Direction string          `json:"direction"`
	Strategy  json.RawMessage `json:"strategy"` // "BatchLongest" or {"Fixed": 64}
}

// length is what the file pads every text to, 0 for as long as the longest of a batch.
func (p *padding) length() (int, error) {
	if p == nil || p.Strategy == nil {
		return 0, nil
	}
	if p.Direction == "Left" {
		return 0, unsupported("padding.direction", p.Direction)
	}
	var fixed struct {
		Fixed int `json:"Fixed"`
	}
	var name string
	if json.Unmarshal(p.Strategy, &name) == nil {
		if name != "BatchLongest" {
			return 0, unsupported("padding.strategy", name)
		}
		return 0, nil
	}
	if err := json.Unmarshal(p.Strategy, &fixed); err != nil || fixed.Fixed <= 0 {
		return 0, fmt.Errorf("%w: padding.strategy %s", ErrMalformed, p.Strategy)
	}
	return fixed.Fixed, nil
}

type addedToken struct {
	ID         int64  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LeftStrip  bool   `json:"lstrip"`
	RightStrip bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
}

// newComponent makes a component out of fields, for models that come without a tokenizer.json.
func newComponent(kind string, fields map[string]any) *component {
	all := map[string]any{"type": kind}
	for name, value := range fields {
		all[name] = value
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings, numbers, lists and maps of them always marshal
	}
	return &component{Type: kind, raw: raw}
}
