package web_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// fixture is a server over the doubles. Every answer is held against the contract.
type fixture struct {
	t       *testing.T
	server  *web.Server
	router  routers.Router
	backend *enginetest.Backend
	encoder *enginetest.Encoder

	thumbnailer engine.Thumbnailer // nil: none
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, backend: enginetest.NewBackend(), encoder: enginetest.NewEncoder(16)}
	o := web.DefaultOptions()
	o.BodyBytes = 1 << 20
	f.serveWith(o)
	f.router = contractRouter(t, f.server)
	return f
}

// serveWith replaces the server by one with other options.
func (f *fixture) serveWith(o web.Options) {
	f.t.Helper()
	options := engine.DefaultOptions()
	options.Thumbnailer, options.Videos = f.thumbnailer, enginetest.Videos
	e, err := engine.New(f.backend, []engine.Encoder{f.encoder}, options)
	require.NoError(f.t, err)
	f.server = web.New(o)
	f.server.Ready(e)
}

// logged replaces the server by one whose log can be read.
func (f *fixture) logged() (*fixture, *bytes.Buffer) {
	var log bytes.Buffer
	o := web.DefaultOptions()
	o.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	f.serveWith(o)
	return f, &log
}

// contractRouter reads the contract from the server itself.
func contractRouter(t *testing.T, s *web.Server) routers.Router {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, newRequest(http.MethodGet, "/openapi.yaml", nil))
	require.Equal(t, http.StatusOK, w.Code)
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return router
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// json decodes the answer's body.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), "%s", a.body)
	return v
}

// newRequest is a request as a client on the same machine sends it.
func newRequest(method, path string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, path, body)
	r.Host = "localhost"
	return r
}

func (f *fixture) do(method, path, contentType string, body []byte) answer {
	f.t.Helper()
	r := newRequest(method, path, bytes.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return f.send(r)
}

func (f *fixture) send(r *http.Request) answer {
	f.t.Helper()
	a := f.record(r)
	f.conforms(r, a)
	return a
}

// record sends a request whose body cannot be read twice.
func (f *fixture) record(r *http.Request) answer {
	w := httptest.NewRecorder()
	f.server.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// conforms holds an answer against the contract.
func (f *fixture) conforms(r *http.Request, a answer) {
	f.t.Helper()
	route, params, err := f.router.FindRoute(r)
	if err != nil {
		return // not an address of the contract
	}
	err = openapi3filter.ValidateResponse(f.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	require.NoError(f.t, err, "%s %s answered %d %s", r.Method, r.URL, a.status, a.body)
}

func (f *fixture) json(method, path string, body any) answer {
	f.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(f.t, err)
	return f.do(method, path, "application/json", data)
}

func (f *fixture) shop() *fixture {
	f.t.Helper()
	require.Equal(f.t, http.StatusCreated, f.json(http.MethodPost, "/v1/collections", map[string]any{"name": "shop"}).status)
	return f
}

func base64Picture(words string) map[string]any {
	return map[string]any{"base64": base64.StdEncoding.EncodeToString(enginetest.Picture(words))}
}

func form(t *testing.T, parts map[string]string) (contentType string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, content := range parts {
		part, err := w.CreateFormFile(name, name)
		require.NoError(t, err)
		_, err = io.WriteString(part, content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), buf.Bytes()
}

func TestBadRequests(t *testing.T) {
	const item, search = "/v1/collections/shop/items/a", "/v1/collections/shop/search"
	multipartType, noItem := form(t, map[string]string{"image0": "picture:x"})
	unknownPartType, unknownPart := form(t, map[string]string{"item": `{"images":[{"part":"image9"}]}`})
	for name, tc := range map[string]struct {
		method, path, contentType, body string
		status                          int
		code                            string
	}{
		"empty body":             {"PUT", item, "application/json", "", 400, "invalid_argument"},
		"not JSON":               {"PUT", item, "application/json", "{", 400, "invalid_argument"},
		"two documents":          {"PUT", item, "application/json", `{"texts":{"t":"x"}} {}`, 400, "invalid_argument"},
		"unknown field":          {"PUT", item, "application/json", `{"txts":{}}`, 400, "invalid_argument"},
		"wrong type":             {"PUT", item, "application/json", `{"texts":[]}`, 400, "invalid_argument"},
		"invalid UTF-8":          {"PUT", item, "application/json", "{\"texts\":{\"t\":\"\xff\"}}", 400, "invalid_argument"},
		"other id in the body":   {"PUT", item, "application/json", `{"id":"b","texts":{"t":"x"}}`, 400, "invalid_argument"},
		"nothing in it":          {"PUT", item, "application/json", `{}`, 422, "unprocessable"},
		"broken base64":          {"PUT", item, "application/json", `{"images":[{"base64":"###"}]}`, 400, "invalid_argument"},
		"broken data URI":        {"PUT", item, "application/json", `{"images":[{"base64":"data:image/png,x"}]}`, 400, "invalid_argument"},
		"picture of two kinds":   {"PUT", item, "application/json", `{"images":[{"base64":"","part":"x"}]}`, 400, "invalid_argument"},
		"empty picture":          {"PUT", item, "application/json", `{"images":[{"base64":""}]}`, 422, "unprocessable"},
		"text as picture":        {"PUT", item, "application/json", `{"images":[{"base64":"aGVsbG8="}]}`, 415, "unsupported_media"},
		"number out of range":    {"PUT", item, "application/json", `{"texts":{"t":"x"},"attributes":{"a":1e999}}`, 400, "invalid_argument"},
		"NaN in a vector":        {"PUT", item, "application/json", `{"vectors":{"image":[[NaN]]}}`, 400, "invalid_argument"},
		"null in a vector":       {"PUT", item, "application/json", `{"vectors":{"image":[[null,1]]}}`, 400, "invalid_argument"},
		"null in a query":        {"POST", search, "application/json", `{"query":[{"vector":[null]}]}`, 400, "invalid_argument"},
		"too many objects":       {"POST", "/v1/collections/shop/batch", "application/json", `{"items":[` + strings.Repeat("{},", 100_001) + `{}]}`, 413, "too_large"},
		"vector out of range":    {"PUT", item, "application/json", `{"vectors":{"image":[[1e99]]}}`, 400, "invalid_argument"},
		"vector of wrong size":   {"PUT", item, "application/json", `{"vectors":{"image":[[1,2]]}}`, 409, "dimension_mismatch"},
		"wrong content type":     {"PUT", item, "text/plain", `{}`, 415, "unsupported_media"},
		"huge body":              {"PUT", item, "application/json", `{"texts":{"t":"` + strings.Repeat("x", 1<<20) + `"}}`, 413, "too_large"},
		"no boundary":            {"PUT", item, "multipart/form-data", "x", 400, "invalid_argument"},
		"no item part":           {"PUT", item, multipartType, string(noItem), 400, "invalid_argument"},
		"truncated multipart":    {"PUT", item, multipartType, string(noItem[:len(noItem)-20]), 400, "invalid_argument"},
		"unknown part":           {"PUT", item, unknownPartType, string(unknownPart), 400, "invalid_argument"},
		"unknown collection":     {"PUT", "/v1/collections/none/items/a", "application/json", `{"texts":{"t":"x"}}`, 404, "not_found"},
		"bad collection name":    {"POST", "/v1/collections", "application/json", `{"name":"A b"}`, 400, "invalid_argument"},
		"collection exists":      {"POST", "/v1/collections", "application/json", `{"name":"shop"}`, 409, "already_exists"},
		"drop unknown":           {"DELETE", "/v1/collections/none", "", "", 404, "not_found"},
		"read unknown item":      {"GET", item, "", "", 404, "not_found"},
		"patch unknown item":     {"PATCH", item, "application/json", `{"texts":{"t":"x"}}`, 404, "not_found"},
		"picture of no item":     {"GET", item + "/images/0", "", "", 404, "not_found"},
		"picture without number": {"GET", item + "/images/x", "", "", 400, "invalid_argument"},
		"picture of odd size":    {"GET", item + "/images/0?size=huge", "", "", 400, "invalid_argument"},
		"odd vectors parameter":  {"GET", item + "?vectors=maybe", "", "", 400, "invalid_argument"},
		"page size zero":         {"GET", "/v1/collections/shop/items?page_size=0", "", "", 400, "invalid_argument"},
		"foreign page token":     {"GET", "/v1/collections/shop/items?page_token=%25", "", "", 400, "invalid_argument"},
		"search without query":   {"POST", search, "application/json", `{}`, 400, "invalid_argument"},
		"search unknown item":    {"POST", search, "application/json", `{"query":[{"item":"none"}]}`, 404, "not_found"},
		"search that cancels":    {"POST", search, "application/json", `{"query":[{"text":"a"},{"text":"a","weight":-1}]}`, 400, "invalid_argument"},
		"search unknown target":  {"POST", search, "application/json", `{"query":[{"text":"a"}],"target":"x"}`, 400, "invalid_argument"},
		"embed nothing":          {"POST", "/v1/embed", "application/json", `{}`, 400, "invalid_argument"},
		"embed no picture":       {"POST", "/v1/embed", "application/json", `{"images":[{"base64":"aGVsbG8="}]}`, 415, "unsupported_media"},
		"unknown address":        {"GET", "/v1/none", "", "", 404, "not_found"},
		"unknown page":           {"GET", "/none.html", "", "", 404, "not_found"},
		"unknown method":         {"PUT", "/v1/collections", "application/json", `{}`, 405, "invalid_argument"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t).shop()
			a := f.do(tc.method, tc.path, tc.contentType, []byte(tc.body))
			require.Equal(t, tc.status, a.status, "%s", a.body)
			require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
			p := a.json(t)
			require.Equal(t, tc.code, p["code"], "%s", a.body)
			require.NotEmpty(t, p["detail"])
			items := f.do(http.MethodGet, "/v1/collections/shop/items", "", nil)
			require.Empty(t, items.json(t)["items"], "a refused request must leave nothing behind")
		})
	}
}

func TestLoadingServerSaysSo(t *testing.T) {
	s := web.New(web.DefaultOptions())
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/collections": 503, "/v1/encoders": 503, "/metrics": 200, "/": 200} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, newRequest(http.MethodGet, path, nil))
		require.Equal(t, status, w.Code, path)
		if status == http.StatusServiceUnavailable {
			require.NotEmpty(t, w.Header().Get("Retry-After"), path)
		}
	}
}

func TestDrainingServerIsNotReady(t *testing.T) {
	f := newFixture(t)
	require.Equal(t, 200, f.do(http.MethodGet, "/readyz", "", nil).status)
	f.server.Drain()
	require.Equal(t, 503, f.do(http.MethodGet, "/readyz", "", nil).status)
	require.Equal(t, 200, f.do(http.MethodGet, "/v1/collections", "", nil).status, "requests under way still end")
}

func TestUnhealthyBackendIsNotReady(t *testing.T) {
	f := newFixture(t)
	f.backend.Fail = func(method string) error {
		if method == "Health" {
			return engine.Errorf(engine.CodeStorageFull, "the disk is full")
		}
		return nil
	}
	require.Equal(t, 503, f.do(http.MethodGet, "/readyz", "", nil).status)
}

func TestItemRoundTrip(t *testing.T) {
	for _, id := range []string{"sku-1", "a/b c", "货号 👗", "50%", "a+b?c#d", "a.b", "a%2Fb"} {
		t.Run(id, func(t *testing.T) {
			f := newFixture(t).shop()
			path := "/v1/collections/shop/items/" + url.PathEscape(id)
			in := map[string]any{
				"texts":      map[string]any{"title": "红色连衣裙 👗", "long": strings.Repeat("长", 10_000)},
				"images":     []any{base64Picture("red dress")},
				"attributes": map[string]any{"price": json.Number("29.90"), "n": json.Number("9007199254740993"), "sizes": []any{"M", "L"}, "ok": true},
			}
			a := f.json(http.MethodPut, path, in)
			require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
			require.Equal(t, "created", a.json(t)["outcome"])
			got := f.do(http.MethodGet, path+"?vectors=true", "", nil).json(t)
			require.Equal(t, id, got["id"])
			require.Equal(t, in["texts"], got["texts"])
			require.Equal(t, in["attributes"], got["attributes"])
			require.Len(t, got["vectors"].(map[string]any)["text"], 2)

			image := got["images"].([]any)[0].(map[string]any)
			picture := f.do(http.MethodGet, image["url"].(string), "", nil)
			require.Equal(t, enginetest.Picture("red dress"), picture.body)
			require.Equal(t, "image/png", picture.header.Get("Content-Type"))

			require.Equal(t, "unchanged", f.json(http.MethodPut, path, in).json(t)["outcome"])
			patched := f.json(http.MethodPatch, path, map[string]any{"attributes": map[string]any{"ok": nil, "price": 5}})
			require.Equal(t, "updated", patched.json(t)["outcome"])
			require.NotContains(t, patched.json(t)["attributes"], "ok")
			require.Equal(t, http.StatusNoContent, f.do(http.MethodDelete, path, "", nil).status)
			require.Equal(t, http.StatusNoContent, f.do(http.MethodDelete, path, "", nil).status, "a repeated delete is no error")
			require.Equal(t, http.StatusNotFound, f.do(http.MethodGet, path, "", nil).status)
		})
	}
}

func TestUnchangedPictureIsNotSentAgain(t *testing.T) {
	f := newFixture(t).shop()
	f.json(http.MethodPut, "/v1/collections/shop/items/a", map[string]any{"images": []any{base64Picture("red dress")}})
	const path = "/v1/collections/shop/items/a/images/0"
	first := f.do(http.MethodGet, path, "", nil)
	r := newRequest(http.MethodGet, path, nil)
	r.Header.Set("If-None-Match", first.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, f.send(r).status)
}

func TestServerMakesIDs(t *testing.T) {
	f := newFixture(t).shop()
	a := f.json(http.MethodPost, "/v1/collections/shop/items", map[string]any{"texts": map[string]any{"title": "red dress"}})
	require.Equal(t, http.StatusCreated, a.status)
	require.Equal(t, a.json(t)["id"], f.do(http.MethodGet, a.header.Get("Location"), "", nil).json(t)["id"])
}

func TestMultipartItemAndSearch(t *testing.T) {
	f := newFixture(t).shop()
	contentType, body := form(t, map[string]string{
		"item": `{"texts":{"title":"red dress"},"images":[{"part":"image0"}]}`, "image0": string(enginetest.Picture("red dress")),
	})
	require.Equal(t, http.StatusCreated, f.do(http.MethodPut, "/v1/collections/shop/items/a", contentType, body).status)
	f.json(http.MethodPut, "/v1/collections/shop/items/b", map[string]any{"texts": map[string]any{"title": "blue shoes"}, "images": []any{base64Picture("blue shoes")}})

	contentType, body = form(t, map[string]string{
		"search": `{"query":[{"image":{"part":"q"}},{"text":"dress","weight":0.5}],"limit":1}`, "q": string(enginetest.Picture("red")),
	})
	a := f.do(http.MethodPost, "/v1/collections/shop/search", contentType, body)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	hits := a.json(t)["hits"].([]any)
	require.Len(t, hits, 1)
	require.Equal(t, "a", hits[0].(map[string]any)["id"])
	require.Equal(t, map[string]any{"modality": "image", "entry": json.Number("0")}, hits[0].(map[string]any)["matched"])
}

func TestClips(t *testing.T) {
	f := newFixture(t).shop()
	film := enginetest.Video("red hat", "blue coat")
	contentType, body := form(t, map[string]string{"item": `{"video":{"part":"film"}}`, "film": string(film)})
	a := f.do(http.MethodPut, "/v1/collections/shop/items/a", contentType, body)
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	video := a.json(t)["video"].(map[string]any)
	require.Len(t, video["segments"], 2)

	a = f.json(http.MethodPost, "/v1/collections/shop/search", map[string]any{"query": []any{map[string]any{"text": "blue coat"}}})
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	matched := a.json(t)["hits"].([]any)[0].(map[string]any)["matched"].(map[string]any)
	require.Equal(t, map[string]any{"start": json.Number("1"), "end": json.Number("2"), "peak": json.Number("1.5")}, matched["video"])

	a = f.do(http.MethodGet, video["url"].(string), "", nil)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, film, a.body)
	require.Equal(t, "video/mp4", a.header.Get("Content-Type"))
	r := newRequest(http.MethodGet, video["url"].(string), nil)
	r.Header.Set("Range", "bytes=0-4")
	w := httptest.NewRecorder()
	f.server.ServeHTTP(w, r)
	require.Equal(t, http.StatusPartialContent, w.Code)
	require.Equal(t, film[:5], w.Body.Bytes())

	f.json(http.MethodPut, "/v1/collections/shop/items/b", map[string]any{"texts": map[string]any{"title": "blue shoes"}})
	require.Equal(t, http.StatusNotFound, f.do(http.MethodGet, "/v1/collections/shop/items/b/video", "", nil).status)
	a = f.json(http.MethodPut, "/v1/collections/shop/items/c", map[string]any{"video": map[string]any{"base64": "dGV4dA=="}})
	require.Equal(t, http.StatusUnsupportedMediaType, a.status)
	require.Contains(t, string(a.body), "video: ")
}

func TestBatch(t *testing.T) {
	f := newFixture(t).shop()
	contentType, body := form(t, map[string]string{
		"batch": `{"items":[{"id":"a","texts":{"title":"red dress"},"images":[{"part":"p"}]},{"id":"b","images":[{"base64":"aGVsbG8="}]},
			{"texts":{"title":"no id"}},{"id":"c"},{"id":"d","vectors":{"image":[[1,2]]}},{"id":"e","images":[{"part":"none"}]}]}`,
		"p": string(enginetest.Picture("red dress")),
	})
	a := f.do(http.MethodPost, "/v1/collections/shop/batch", contentType, body)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	results := a.json(t)["results"].([]any)
	var outcomes, codes []any
	for _, r := range results {
		result := r.(map[string]any)
		outcomes = append(outcomes, result["outcome"])
		if p, ok := result["problem"].(map[string]any); ok {
			codes = append(codes, p["code"])
		}
	}
	require.Equal(t, []any{"created", "refused", "created", "refused", "refused", "refused"}, outcomes)
	require.Equal(t, []any{"unsupported_media", "unprocessable", "dimension_mismatch", "invalid_argument"}, codes)
	made := results[2].(map[string]any)["id"].(string)
	require.Equal(t, http.StatusOK, f.do(http.MethodGet, "/v1/collections/shop/items/"+made, "", nil).status)
	require.Len(t, f.do(http.MethodGet, "/v1/collections/shop/items", "", nil).json(t)["items"], 2)
	require.Equal(t, 400, f.do(http.MethodPost, "/v1/collections/shop/batch", "application/json", []byte(`{"rows":[]}`)).status)
}

func TestListsPageThroughEverything(t *testing.T) {
	f := newFixture(t).shop()
	for i := range 25 {
		f.json(http.MethodPut, fmt.Sprintf("/v1/collections/shop/items/%02d", i), map[string]any{"texts": map[string]any{"t": "x"}})
	}
	var seen []string
	token := ""
	for {
		page := f.do(http.MethodGet, "/v1/collections/shop/items?page_size=10&page_token="+token, "", nil).json(t)
		for _, item := range page["items"].([]any) {
			seen = append(seen, item.(map[string]any)["id"].(string))
		}
		if token = page["next_page_token"].(string); token == "" {
			break
		}
	}
	require.Len(t, seen, 25)
	require.Empty(t, f.do(http.MethodGet, "/v1/collections/shop/items?page_size=25", "", nil).json(t)["next_page_token"],
		"a last page that is full is the last")
	require.IsIncreasing(t, seen)

	f.json(http.MethodPost, "/v1/collections", map[string]any{"name": "other"})
	page := f.do(http.MethodGet, "/v1/collections?page_size=1", "", nil).json(t)
	require.Equal(t, "other", page["collections"].([]any)[0].(map[string]any)["name"])
	page = f.do(http.MethodGet, "/v1/collections?page_token="+page["next_page_token"].(string), "", nil).json(t)
	require.Equal(t, "shop", page["collections"].([]any)[0].(map[string]any)["name"])
}

func TestEmbedBothPaths(t *testing.T) {
	f := newFixture(t)
	in := map[string]any{"texts": []any{"red"}, "images": []any{base64Picture("red"), map[string]any{"base64": "aGVsbG8="}}}
	for _, path := range []string{"/v1/embed", "/embed"} {
		a := f.json(http.MethodPost, path, in)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		out := a.json(t)
		require.Equal(t, out["text_embeddings"].([]any)[0], out["image_embeddings"].([]any)[0])
		require.Nil(t, out["image_embeddings"].([]any)[1])
		require.Equal(t, "unsupported_media", out["errors"].([]any)[0].(map[string]any)["code"])
		require.Equal(t, json.Number("16"), out["dimension"])
	}
	require.Len(t, f.do(http.MethodGet, "/v1/encoders", "", nil).json(t)["encoders"], 1)
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	f := newFixture(t).shop()
	s := httptest.NewServer(f.server)
	defer s.Close()
	for path, status := range map[string]int{"/": 200, "/readyz": 200, "/v1/collections/shop": 200, "/v1/collections/none": 404} {
		resp, err := http.Head(s.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Empty(t, body)
		require.Equal(t, status, resp.StatusCode, path)
	}
}

func TestFullDiskIsA507(t *testing.T) {
	f := newFixture(t).shop()
	f.backend.Fail = func(method string) error {
		if method == "Upsert" {
			return engine.Errorf(engine.CodeStorageFull, "the disk is full")
		}
		return nil
	}
	a := f.json(http.MethodPut, "/v1/collections/shop/items/a", map[string]any{"texts": map[string]any{"t": "x"}})
	require.Equal(t, http.StatusInsufficientStorage, a.status)
	require.Equal(t, "storage_full", a.json(t)["code"])
}

func TestOtherSitesMayNotWrite(t *testing.T) {
	f := newFixture(t).shop()
	r := newRequest(http.MethodPost, "/v1/collections/shop/items", strings.NewReader(`{"texts":{"t":"x"}}`))
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	a := f.send(r)
	require.Equal(t, http.StatusForbidden, a.status)
	require.Equal(t, "forbidden", a.json(t)["code"])
	r = newRequest(http.MethodPost, "/v1/collections/shop/items", strings.NewReader(`{"texts":{"t":"x"}}`))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusCreated, f.send(r).status, "the page itself may")
}

func TestTooManyParts(t *testing.T) {
	f := newFixture(t).shop()
	parts := map[string]string{"item": `{"texts":{"t":"x"}}`}
	for i := range 10_001 {
		parts[strconv.Itoa(i)] = ""
	}
	contentType, body := form(t, parts)
	f.serveWith(web.DefaultOptions()) // whose limit on bytes is above that
	require.Equal(t, http.StatusRequestEntityTooLarge, f.do(http.MethodPut, "/v1/collections/shop/items/a", contentType, body).status)
}

func TestInternalDetailsStayInside(t *testing.T) {
	f := newFixture(t).shop()
	f.backend.Fail = func(string) error { return fmt.Errorf("secret path /srv/x") }
	a := f.do(http.MethodGet, "/v1/collections/shop", "", nil)
	require.Equal(t, http.StatusInternalServerError, a.status)
	require.NotContains(t, string(a.body), "secret")
}

func TestPanicBecomesA500(t *testing.T) {
	f := newFixture(t).shop()
	f.backend.Fail = func(string) error { panic("boom") }
	require.Equal(t, http.StatusInternalServerError, f.do(http.MethodGet, "/v1/collections/shop", "", nil).status)
}

func TestMetricsAndPage(t *testing.T) {
	f := newFixture(t).shop()
	f.do("BREW", "/pot", "", nil)
	metrics := string(f.do(http.MethodGet, "/metrics", "", nil).body)
	require.Contains(t, metrics, `pinax_collection_items{collection="shop"} 0`)
	require.Contains(t, metrics, `route="/v1/collections"`)
	require.NotContains(t, metrics, "BREW", "a made-up method is no label")

	page := f.do(http.MethodGet, "/", "", nil)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'self'")
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	r := newRequest(http.MethodGet, "/", nil)
	r.Header.Set("If-None-Match", page.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, f.send(r).status)
}
