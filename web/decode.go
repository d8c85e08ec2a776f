package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"pinax/engine"
)

// files holds the file parts of a multipart request by part name.
type files map[string][]byte

// readRequest decodes the body into v: a JSON document, or multipart/form-data whose part named jsonPart holds the JSON
// and whose other parts are files that the JSON refers to.
func readRequest(r *http.Request, jsonPart string, v any) (files, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && mediaType == "multipart/form-data" {
		return readMultipart(multipart.NewReader(r.Body, params["boundary"]), jsonPart, v)
	}
	if r.Header.Get("Content-Type") != "" && mediaType != "application/json" {
		return nil, engine.Errorf(engine.CodeMediaType, "the body is %q", r.Header.Get("Content-Type")).
			WithHint("send application/json, or multipart/form-data with a part named " + jsonPart)
	}
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	return nil, decodeJSON(body, v)
}

// maxParts bounds the parts of one body. A thousand items with a few pictures each stay below it.
const maxParts = 10_000

func readMultipart(r *multipart.Reader, jsonPart string, v any) (files, error) {
	found := files{}
	var document []byte
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformed(err, "the multipart body is broken")
		}
		if len(found) == maxParts {
			return nil, engine.Errorf(engine.CodeTooLarge, "the multipart body has over %d parts", maxParts)
		}
		data, err := readAll(part)
		if err != nil {
			return nil, err
		}
		name := part.FormName()
		if _, twice := found[name]; twice || name == "" || name == jsonPart && document != nil {
			return nil, engine.Errorf(engine.CodeInvalid, "the multipart body has no or two parts named %q", name)
		}
		if name == jsonPart {
			document = data
			continue
		}
		found[name] = data
	}
	if document == nil {
		return nil, engine.Errorf(engine.CodeInvalid, "the multipart body has no part named %q", jsonPart)
	}
	return found, decodeJSON(document, v)
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, malformed(err, "the body could not be read")
	}
	return data, nil
}

// malformed keeps errors that say themselves what is wrong: of a body that is too large, too slow or one too many.
func malformed(err error, what string) error {
	var tooLarge *http.MaxBytesError
	var p problem
	var e *engine.Error
	switch {
	case errors.As(err, &tooLarge):
		return tooLargeBody(tooLarge.Limit)
	case errors.As(err, &p), errors.As(err, &e):
		return err
	}
	return engine.Errorf(engine.CodeInvalid, "%s: %w", what, err)
}

// decodeJSON is strict: one document, valid UTF-8, no name that is unknown or given twice. Numbers of free form stay as
// they are written.
func decodeJSON(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return engine.Errorf(engine.CodeInvalid, "the body is empty")
	}
	if !utf8.Valid(body) {
		return engine.Errorf(engine.CodeInvalid, "the body is not valid UTF-8")
	}
	if err := scanJSON(body, reflect.TypeOf(v).Elem()); errors.Is(err, errSyntax) {
		return syntaxError(body)
	} else if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return unexpected(err)
	}
	return nil
}

// syntaxError has encoding/json explain what is wrong with a document.
func syntaxError(body []byte) error {
	var raw json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&raw); err != nil {
		return unexpected(err)
	}
	return engine.Errorf(engine.CodeInvalid, "the body is not one JSON document")
}

func unexpected(err error) error {
	return engine.Errorf(engine.CodeInvalid, "the body is not what is expected: %s", jsonReason(err))
}

func jsonReason(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%s at byte %d", syntax, syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s must not be a JSON %s", kind.Field, kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// imageInput names a picture: inline, or as a part of the multipart body.
type imageInput struct {
	Base64 *string `json:"base64,omitempty"` // standard alphabet, or a data URI
	Part   *string `json:"part,omitempty"`
}

// bytes returns the picture's bytes.
func (in imageInput) bytes(parts files) ([]byte, error) {
	switch {
	case (in.Base64 == nil) == (in.Part == nil):
		return nil, engine.Errorf(engine.CodeInvalid, "a picture needs either base64 or part")
	case in.Part != nil:
		data, ok := parts[*in.Part]
		if !ok {
			return nil, engine.Errorf(engine.CodeInvalid, "the multipart body has no part named %q", *in.Part)
		}
		return nonNil(data), nil
	}
	text := *in.Base64
	if strings.HasPrefix(text, "data:") {
		_, encoded, ok := strings.Cut(text, ";base64,")
		if !ok {
			return nil, engine.Errorf(engine.CodeInvalid, "the data URI is not base64")
		}
		text = encoded
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, engine.Errorf(engine.CodeInvalid, "the picture is not valid base64: %w", err)
	}
	return nonNil(data), nil
}

// nonNil keeps an empty picture a picture: it is refused as one, with the reason.
func nonNil(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

// readImages returns the bytes of several pictures.
func readImages(inputs []imageInput, parts files) ([][]byte, error) {
	images := make([][]byte, len(inputs))
	for i, in := range inputs {
		data, err := in.bytes(parts)
		if err != nil {
			return nil, engine.At(err, "images[%d]", i)
		}
		images[i] = data
	}
	return images, nil
}
