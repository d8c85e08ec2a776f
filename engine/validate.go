package engine

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// collectionName keeps names usable in paths, file names and metrics.
var collectionName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func checkCollectionName(name string) error {
	if !collectionName.MatchString(name) {
		return Errorf(CodeInvalid, "collection name %q is not allowed", clip(name)).
			WithHint("use 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit")
	}
	return nil
}

func (l Limits) checkID(id string) error {
	switch {
	case id == "":
		return Errorf(CodeInvalid, "the item id is empty")
	case len(id) > l.IDBytes:
		return Errorf(CodeInvalid, "the item id has %d bytes, the limit is %d", len(id), l.IDBytes)
	case !utf8.ValidString(id):
		return Errorf(CodeInvalid, "the item id is not valid UTF-8")
	case id == "." || id == "..":
		return Errorf(CodeInvalid, "the item id %q is not allowed: no address could name it", id)
	case strings.ContainsFunc(id, unicode.IsControl):
		return Errorf(CodeInvalid, "the item id %q holds a control character", clip(id))
	}
	return nil
}

func (l Limits) checkTexts(texts map[string]string) error {
	if len(texts) > l.Texts {
		return Errorf(CodeTooLarge, "the item has %d texts, the limit is %d", len(texts), l.Texts)
	}
	for name, text := range texts {
		switch {
		case name == "" || len(name) > l.AttributeBytes || !utf8.ValidString(name):
			return Errorf(CodeInvalid, "texts: %q is not a usable field name", clip(name))
		case len(text) > l.TextBytes:
			return Errorf(CodeTooLarge, "texts.%s has %d bytes, the limit is %d", clip(name), len(text), l.TextBytes)
		case !utf8.ValidString(text):
			return Errorf(CodeInvalid, "texts.%s is not valid UTF-8", clip(name))
		case strings.TrimSpace(text) == "":
			return Errorf(CodeInvalid, "texts.%s is empty", clip(name)).WithHint("leave the field out")
		}
	}
	return nil
}

// normaliseAttributes checks attributes and returns them in the form in which they are kept: strings, booleans,
// json.Number, and []any of those. Numbers stay as they were written, so that no digit is lost.
func (l Limits) normaliseAttributes(attributes map[string]any) (map[string]any, error) {
	if len(attributes) > l.Attributes {
		return nil, Errorf(CodeTooLarge, "the item has %d attributes, the limit is %d", len(attributes), l.Attributes)
	}
	kept := make(map[string]any, len(attributes))
	for name, value := range attributes {
		if name == "" || len(name) > l.AttributeBytes || !utf8.ValidString(name) {
			return nil, Errorf(CodeInvalid, "attributes: %q is not a usable name", clip(name))
		}
		v, size, err := normaliseValue(value)
		if err != nil {
			return nil, Errorf(CodeInvalid, "attributes.%s %s", clip(name), err.Error()).
				WithHint("an attribute is a string, a number, a boolean or a flat list of those")
		}
		if size > l.AttributeBytes {
			return nil, Errorf(CodeTooLarge, "attributes.%s has %d bytes, the limit is %d", clip(name), size, l.AttributeBytes)
		}
		kept[name] = v
	}
	if len(kept) == 0 {
		return nil, nil // an absent map and an empty one are the same item
	}
	return kept, nil
}

// valueError says what is wrong with an attribute's value, to be put behind its name.
type valueError string

func (e valueError) Error() string { return string(e) }

func normaliseValue(value any) (kept any, size int, err error) {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			if _, nested := element.([]any); nested {
				return nil, 0, valueError("is a list of lists")
			}
			k, n, err := normaliseValue(element)
			if err != nil {
				return nil, 0, err
			}
			list[i], size = k, size+n
		}
		return list, size, nil
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return normaliseValue(list)
	case string:
		if !utf8.ValidString(v) {
			return nil, 0, valueError("is not valid UTF-8")
		}
		return v, len(v), nil
	case bool:
		return v, 1, nil
	case json.Number:
		if _, err := strconv.ParseFloat(string(v), 64); err != nil {
			return nil, 0, valueError("is a number out of range")
		}
		return v, len(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, 0, valueError("is not a finite number")
		}
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64)), 8, nil
	case int:
		return json.Number(strconv.Itoa(v)), 8, nil
	case nil:
		return nil, 0, valueError("is null")
	case map[string]any:
		return nil, 0, valueError("is an object")
	default:
		return nil, 0, valueError("has an unsupported type")
	}
}

// normaliseVector returns v scaled to length 1, or why it cannot be.
func normaliseVector(v []float32, dimension int) ([]float32, error) {
	if len(v) != dimension {
		return nil, Errorf(CodeDimension, "the vector has %d numbers, the collection's have %d", len(v), dimension)
	}
	var sum float64
	for i, x := range v {
		f := float64(x)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, Errorf(CodeInvalid, "number %d of the vector is not finite", i)
		}
		sum += f * f
	}
	if sum == 0 {
		return nil, Errorf(CodeInvalid, "the vector is all zeros and has no direction")
	}
	scale := 1 / math.Sqrt(sum)
	unit := make([]float32, len(v))
	for i, x := range v {
		unit[i] = float32(float64(x) * scale)
	}
	return unit, nil
}

// clip shortens text from outside for use in a message.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
