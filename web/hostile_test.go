package web_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder"
	"pinax/encoder/onnx"
	"pinax/engine"
	"pinax/web"
)

// withBundledEncoder replaces the encoder by the real one, or skips the test when there is no library to run it.
func (f *fixture) withBundledEncoder() *fixture {
	f.t.Helper()
	o := encoder.DefaultOptions()
	o.Library.Path = os.Getenv("PINAX_RUNTIME_LIBRARY")
	if _, err := onnx.Start(o.Library); errors.Is(err, onnx.ErrNoLibrary) {
		f.t.Skip("NOT TESTED, the ONNX Runtime library is not bundled: run encoder/onnx/fetch.py")
	}
	bundled, err := encoder.Open(os.DirFS("../models/pinax-mini"), o)
	require.NoError(f.t, err)
	f.t.Cleanup(func() { require.NoError(f.t, bundled.Close()) })
	options := engine.DefaultOptions()
	options.Thumbnailer = bundled
	e, err := engine.New(f.backend, []engine.Encoder{bundled}, options)
	require.NoError(f.t, err)
	f.server = web.New(web.DefaultOptions())
	f.server.Ready(e)
	return f
}

// jpegOf is a picture of 64×48 pixels.
func jpegOf(t *testing.T, ink color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			m.Set(x, (y+x)%48, ink)
		}
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// patched overwrites the bytes behind the first occurrence of a mark.
func patched(t *testing.T, data []byte, mark string, skip int, with ...byte) []byte {
	t.Helper()
	at := bytes.Index(data, []byte(mark))
	require.GreaterOrEqual(t, at, 0)
	out := bytes.Clone(data)
	copy(out[at+len(mark)+skip:], with)
	return out
}

// pngThatSays is a grey PNG with whole checksums whose header says w×h pixels and whose data are a megabyte of zeros.
func pngThatSays(t *testing.T, w, h uint32) []byte {
	t.Helper()
	var zeros bytes.Buffer
	z := zlib.NewWriter(&zeros)
	_, err := z.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	file := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []struct {
		kind string
		body []byte
	}{{"IHDR", append(header, 8, 0, 0, 0, 0)}, {"IDAT", zeros.Bytes()}, {"IEND", nil}} {
		file = binary.BigEndian.AppendUint32(file, uint32(len(chunk.body)))
		body := append([]byte(chunk.kind), chunk.body...)
		file = binary.BigEndian.AppendUint32(append(file, body...), crc32.ChecksumIEEE(body))
	}
	return file
}

func TestHostilePicturesAreRefused(t *testing.T) {
	f := newFixture(t).withBundledEncoder().shop()
	good := jpegOf(t, color.RGBA{R: 200, A: 255})
	const frame = "\xff\xc0" // then length (2), precision, height (2), width (2)
	for name, tc := range map[string]struct {
		data   []byte
		status int
		code   string
	}{
		"no bytes":                     {nil, 422, "unprocessable"},
		"text named .jpg":              {[]byte("dear customer,\nthe picture follows\n"), 415, "unsupported_media"},
		"page of an error":             {[]byte("<!DOCTYPE html><title>404</title>"), 415, "unsupported_media"},
		"SVG":                          {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 415, "unsupported_media"},
		"cut after the mark":           {good[:3], 422, "unprocessable"},
		"cut in the header":            {good[:100], 422, "unprocessable"},
		"cut in the pixels":            {good[:len(good)-len(good)/8], 422, "unprocessable"},
		"header without pixels":        {patched(t, good, frame, 3, 0, 0, 0, 0), 422, "unprocessable"},
		"header that says more":        {patched(t, good, frame, 3, 0, 200, 0, 200), 422, "unprocessable"},
		"header that says far more":    {patched(t, good, frame, 3, 0x17, 0x70, 0x17, 0x70), 422, "unprocessable"},
		"12 bits a sample":             {patched(t, good, frame, 2, 12), 415, "unsupported_media"},
		"50,000×50,000 in a few kB":    {pngThatSays(t, 50_000, 50_000), 413, "too_large"},
		"pixels at the limit, no data": {pngThatSays(t, 7000, 7000), 422, "unprocessable"},
		"PNG with a wrong checksum":    {patched(t, pngThatSays(t, 64, 48), "IHDR", 13, 1, 2, 3, 4), 422, "unprocessable"},
		"PNG of few pixels, much data": {pngThatSays(t, 4, 4), 422, "unprocessable"},
		"edge over the limit":          {pngThatSays(t, 1, 1<<31-1), 413, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			refused := func(a answer) {
				t.Helper()
				require.Equal(t, tc.status, a.status, "%s", a.body)
				require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
				require.Equal(t, tc.code, a.json(t)["code"])
				require.Contains(t, a.json(t)["detail"], "image")
			}
			const item, search = "/v1/collections/shop/items/a", "/v1/collections/shop/search"
			part := func(name, document string) answer {
				contentType, body := form(t, map[string]string{name: document, "photo.jpg": string(tc.data)})
				path, method := map[string]string{"item": item, "search": search, "embed": "/v1/embed", "batch": "/v1/collections/shop/batch"}[name], http.MethodPost
				if name == "item" {
					method = http.MethodPut
				}
				return f.do(method, path, contentType, body)
			}
			refused(part("item", `{"texts":{"title":"red dress"},"images":[{"part":"photo.jpg"}]}`))
			refused(f.json(http.MethodPut, item, map[string]any{"images": []any{map[string]any{"base64": base64.StdEncoding.EncodeToString(tc.data)}}}))
			refused(part("search", `{"query":[{"image":{"part":"photo.jpg"}}]}`))
			refused(part("embed", `{"images":[{"part":"photo.jpg"}]}`))
			a := part("batch", `{"items":[{"id":"a","images":[{"part":"photo.jpg"}]}]}`)
			require.Equal(t, http.StatusOK, a.status)
			result := a.json(t)["results"].([]any)[0].(map[string]any)
			require.Equal(t, "refused", result["outcome"])
			require.Equal(t, tc.code, result["problem"].(map[string]any)["code"])
			require.Empty(t, f.do(http.MethodGet, "/v1/collections/shop/items", "", nil).json(t)["items"], "a refused picture must leave nothing behind")
		})
	}
	f.t = t
	f.storePicture(good)
	require.Len(t, f.do(http.MethodGet, "/v1/collections/shop/items", "", nil).json(t)["items"], 1, "it goes on after all that")
}

func TestThumbnailOfCMYKIsConverted(t *testing.T) {
	f := newFixture(t).withBundledEncoder().shop()
	inCMYK, err := os.ReadFile("../encoder/picture/testdata/golden/jpeg_cmyk.jpg")
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		data    []byte
		relayed bool
	}{
		"CMYK": {inCMYK, false},
		"RGB":  {jpegOf(t, color.White), true},
	} {
		f.storePicture(tc.data)
		a := f.do(http.MethodGet, picturesItem+"/images/0?size=thumb", "", nil)
		require.Equal(t, http.StatusOK, a.status, name)
		require.Equal(t, tc.relayed, bytes.Equal(tc.data, a.body), name)
		shown, err := jpeg.DecodeConfig(bytes.NewReader(a.body))
		require.NoError(t, err)
		require.Equal(t, color.YCbCrModel, shown.ColorModel, name)
		full := f.do(http.MethodGet, picturesItem+"/images/0", "", nil)
		require.Equal(t, tc.data, full.body, "the picture itself stays as it came")
	}
}
