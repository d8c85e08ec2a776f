package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

func TestStrictJSONNamesThePlace(t *testing.T) {
	for name, tc := range map[string]struct{ body, detail, hint string }{
		"unknown field":              {`{"items":[{"id":"a"},{},{},{"foo":1}]}`, "items[3].foo is not a field", ""},
		"unknown field at the top":   {`{"rows":[]}`, "rows is not a field", ""},
		"unknown field of a picture": {`{"items":[{"images":[{"url":"x"}]}]}`, "items[0].images[0].url is not a field", ""},
		"other case":                 {`{"items":[{"Texts":{}}]}`, "items[0].Texts is not a field", "texts"},
		"name with escapes":          {`{"items":[{"\u0074exts":{},"texts":{}}]}`, "items[0].texts is given twice", ""},
		"twice":                      {`{"items":[{"id":"a","id":"b"}]}`, "items[0].id is given twice", ""},
		"twice in free form":         {`{"items":[{"attributes":{"a":1,"b":2,"a":3}}]}`, "items[0].attributes.a is given twice", ""},
		"twice, once escaped":        {`{"items":[{"texts":{"a\"":"x","a\u0022":"y"}}]}`, `items[0].texts.a" is given twice`, ""},
		"twice without a name":       {`{"items":[{"texts":{"":"x","":"y"}}]}`, "items[0].texts. is given twice", ""},
		"twice, nested in a value":   {`{"items":[{"attributes":{"a":[{"x":1,"x":1}]}}]}`, "items[0].attributes.a[0].x is given twice", ""},
		"half a surrogate pair":      {`{"items":[{"texts":{"t":"a\ud800b"}}]}`, "items[0].texts.t has half of a surrogate pair", ""},
		"the other half":             {`{"items":[{"id":"\udc00"}]}`, "items[0].id has half of a surrogate pair", ""},
		"half at the end":            {`{"items":[{"id":"\\\ud83d"}]}`, "items[0].id has half of a surrogate pair", ""},
		"two first halves":           {`{"items":[{"id":"\ud83d\ud83d\ude00"}]}`, "items[0].id has half of a surrogate pair", ""},
		"half in a name":             {`{"items":[{"texts":{"\ud800":"x"}}]}`, "half of a surrogate pair", ""},
		"null in a vector":           {`{"items":[{"vectors":{"image":[[1],[1,null]]}}]}`, "items[0].vectors.image[1] holds null", ""},
		"vector that is none":        {`{"items":[{"vectors":{"image":[1]}}]}`, "items[0].vectors.image[0] must be a list", ""},
		"list for an object":         {`{"items":[{},{"texts":[]}]}`, "items[1].texts must be an object", ""},
		"object for a list":          {`{"items":{}}`, "items must be a list", ""},
		"number for a text":          {`{"items":[{"texts":{"t":5}}]}`, "items[0].texts.t must be a string", ""},
		"text for a document":        {`"items"`, "the document must be an object", ""},
		"deeper than anything":       {`{"items":[{"attributes":{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}]}`, "nested", ""},
		"cut":                        {`{"items":[{"id":"a`, "ends too early", ""},
		"cut escape":                 {`{"items":[{"id":"\u00`, "ends too early", ""},
		"no comma":                   {`{"items":[{} {}]}`, "invalid character '{' after array element", ""},
		"no colon":                   {`{"items" []}`, "invalid character '['", ""},
		"no name":                    {`{items:[]}`, "invalid character 'i'", ""},
		"nonsense":                   {`{"items":nil}`, "invalid character", ""},
		"nonsense in a vector":       {`{"items":[{"vectors":{"image":[[1,x]]}}]}`, "invalid character 'x'", ""},
		"text in a vector":           {`{"items":[{"vectors":{"image":[["]"]]}}]}`, "", ""},
		"comma too many":             {`{"items":[{},]}`, "invalid character ']'", ""},
		"something behind":           {`{"items":[]}{}`, "something behind", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var in batchRequest
			err := decodeJSON([]byte(tc.body), &in)
			require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), "%v", err)
			var e *engine.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Detail, tc.detail)
			require.Contains(t, e.Hint, tc.hint)
		})
	}
}

func TestStrictJSONTakes(t *testing.T) {
	for name, body := range map[string]string{
		"whole pairs":          `{"items":[{"id":"\ud83d\ude00 \\ud800 \u00e9"}]}`,
		"white space":          " {\n\"items\" : [ { \"texts\" : { } , \"vectors\" : {\"image\":[ [ ] , [ 1 , -2e-3 ] ] } } ] }\r\n\t",
		"null":                 `{"items":[{"id":null,"texts":null,"images":null,"vectors":null},null]}`,
		"free form":            `{"items":[{"attributes":{"a":[1,true,null,"x"],"b":{"a":{},"Texts":[]}}}]}`,
		"same in two":          `{"items":[{"attributes":{"a":1}},{"attributes":{"a":1}}]}`,
		"quotes and escapes":   `{"items":[{"texts":{"\"":"\"\\","\\":"\/\b"}}]}`,
		"names in other cases": `{"items":[{"texts":{"a":"x","A":"y"}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var in, want batchRequest
			require.NoError(t, decodeJSON([]byte(body), &in))
			d := json.NewDecoder(strings.NewReader(body))
			d.UseNumber()
			require.NoError(t, d.Decode(&want))
			require.Equal(t, want, in)
		})
	}
}

// FuzzStrictJSON holds the scan against one that is written with encoding/json's tokens.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":"a","texts":{"t":"\ud83d\ude00"},"images":[{"base64":"","part":"x"}],"vectors":{"image":[[1,2]]}}]}`,
		`{"items":[{"attributes":{"a":[1,{"b":null}],"\u0061":true}}]}`, `{"Items":[]}`, `[`, ` null `, "null\x12", "{}\x00", `{"items":[{"id":"\ud800"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in batchRequest
		err := decodeJSON(body, &in)
		if !json.Valid(body) {
			require.Error(t, err)
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if refused := walkTokens(d, reflect.TypeFor[batchRequest]()); refused != nil {
			require.Error(t, err, "%s: %s", refused, body)
			return
		}
		if err == nil && !bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`)) && !bytes.ContainsRune(body, '\ufffd') {
			again, err := json.Marshal(in)
			require.NoError(t, err)
			require.NotContains(t, string(again), "\ufffd", "nothing is replaced in silence")
		}
	})
}

// walkTokens refuses names that are given twice or that a struct does not have.
func walkTokens(d *json.Decoder, t reflect.Type) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var element reflect.Type
	if t != nil && (t.Kind() == reflect.Map || t.Kind() == reflect.Slice) {
		element = t.Elem()
	}
	switch token {
	case json.Delim('['):
		for d.More() {
			if err := walkTokens(d, element); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[name.(string)] {
				return fmt.Errorf("%q twice", name)
			}
			seen[name.(string)] = true
			inner := element
			if t != nil && t.Kind() == reflect.Struct {
				if inner = fieldType(t, name.(string)); inner == nil {
					return errors.New("unknown field")
				}
			}
			if err := walkTokens(d, inner); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = d.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func fieldType(t reflect.Type, name string) reflect.Type {
	for i := range t.NumField() {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); tag == name {
			return t.Field(i).Type
		}
	}
	return nil
}

// BenchmarkStrictJSON compares the scan with what the whole decoding of a batch takes.
func BenchmarkStrictJSON(b *testing.B) {
	vector := "[" + strings.TrimSuffix(strings.Repeat("-0.0123456789,", 512), ",") + "]"
	picture := strings.Repeat("QUJD", 2000)
	for name, item := range map[string]string{
		"vectors":  `{"id":"sku-%d","vectors":{"image":[` + vector + `]}}`,
		"pictures": `{"id":"sku-%d","images":[{"base64":"` + picture + `"}]}`,
		"texts":    `{"id":"sku-%d","texts":{"title":"Navy check shirt","long":"红色连衣裙 \"x\""},"attributes":{"price":29.9,"sizes":["M","L"]}}`,
	} {
		items := make([]string, 1000)
		for i := range items {
			items[i] = fmt.Sprintf(item, i)
		}
		body := []byte(`{"items":[` + strings.Join(items, ",") + `]}`)
		b.Run(name+"/scan", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := scanJSON(body, reflect.TypeFor[batchRequest]()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/all", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				var in batchRequest
				if err := decodeJSON(body, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("shape", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			shapeOf(reflect.TypeFor[batchRequest]())
		}
	})
}
