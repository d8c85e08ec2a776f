package web_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// thumbnails answers every picture with "thumb", but for damaged ones.
type thumbnails struct{}

// Thumbnail implements engine.Thumbnailer.
func (thumbnails) Thumbnail(_ context.Context, data []byte, _ int) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("picture:damaged")) {
		return nil, engine.Errorf(engine.CodeUnprocessable, "picture is damaged")
	}
	return []byte("thumb"), nil
}

// withThumbnails replaces the server by one that makes thumbnails.
func (f *fixture) withThumbnails() *fixture {
	f.t.Helper()
	f.thumbnailer = thumbnails{}
	o := web.DefaultOptions()
	f.serveWith(o)
	return f
}

func (f *fixture) storePicture(data []byte) {
	f.t.Helper()
	contentType, body := form(f.t, map[string]string{"item": `{"images":[{"part":"p"}]}`, "p": string(data)})
	require.Less(f.t, f.do(http.MethodPut, picturesItem, contentType, body).status, 300)
}

const picturesItem = "/v1/collections/shop/items/a"

func TestThumbnails(t *testing.T) {
	for name, tc := range map[string]struct {
		picture []byte
		relayed bool
		status  int
	}{
		"small":                     {enginetest.Picture("red"), true, 200},
		"few pixels in many bytes":  {append(enginetest.Picture("red"), make([]byte, 64<<10)...), false, 200},
		"damaged, few pixels, many": {append(enginetest.Picture("damaged"), make([]byte, 64<<10)...), false, 500},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t).shop().withThumbnails()
			f.storePicture(tc.picture)
			a := f.do(http.MethodGet, picturesItem+"/images/0?size=thumb", "", nil)
			require.Equal(t, tc.status, a.status, "%s", a.body)
			switch {
			case tc.relayed:
				require.Equal(t, tc.picture, a.body)
			case tc.status == http.StatusOK:
				require.Equal(t, "thumb", string(a.body))
			default:
				require.Equal(t, "damaged", a.json(t)["code"])
				require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
				require.Empty(t, a.header.Get("ETag"))
				require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			}
		})
	}
}

// rotten is a backend whose pictures are damaged.
type rotten struct{ *enginetest.Backend }

// OpenBlob implements engine.Backend.
func (rotten) OpenBlob(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, engine.Errorf(engine.CodeDamaged, "the picture is damaged")
}

func TestDamagedPictureSaysSo(t *testing.T) {
	for _, size := range []string{"full", "thumb"} {
		f, log := newFixture(t).shop().logged()
		f.storePicture(enginetest.Picture("red"))
		e, err := engine.New(rotten{f.backend}, []engine.Encoder{f.encoder}, engine.DefaultOptions())
		require.NoError(t, err)
		f.server.Ready(e)
		a := f.do(http.MethodGet, picturesItem+"/images/0?size="+size, "", nil)
		require.Equal(t, http.StatusInternalServerError, a.status)
		require.Equal(t, "damaged", a.json(t)["code"])
		require.Empty(t, a.header.Get("ETag"))
		require.Contains(t, log.String(), `"level":"ERROR"`, "somebody must repair it")
	}
}

func TestRangeThatIsNotThereIsAProblem(t *testing.T) {
	f := newFixture(t).shop()
	f.storePicture(enginetest.Picture("red dress"))
	for _, path := range []string{picturesItem + "/images/0", "/app.js"} {
		for value, status := range map[string]int{"bytes=0-3": 206, "bytes=100000000-": 416, "bytes=nonsense": 416} {
			r := newRequest(http.MethodGet, path, nil)
			r.Header.Set("Range", value)
			a := f.send(r)
			require.Equal(t, status, a.status, "%s %s", path, value)
			if status == http.StatusPartialContent {
				require.Len(t, a.body, 4)
				continue
			}
			require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
			require.Equal(t, "invalid_argument", a.json(t)["code"])
			if !strings.Contains(value, "nonsense") {
				require.Contains(t, a.header.Get("Content-Range"), "bytes */")
			}
		}
	}
}

func TestAllowNamesEveryMethod(t *testing.T) {
	f := newFixture(t).shop()
	for path, want := range map[string]string{
		"/v1/collections":              "OPTIONS, GET, HEAD, POST",
		"/v1/collections/shop/items/a": "OPTIONS, DELETE, GET, HEAD, PATCH, PUT",
		"/v1/collections/shop/search":  "OPTIONS, POST",
		"/":                            "OPTIONS, GET, HEAD",
	} {
		for _, method := range []string{"TRACE", http.MethodOptions} {
			a := f.do(method, path, "", nil)
			require.ElementsMatch(t, strings.Split(want, ", "), strings.Split(a.header.Get("Allow"), ", "), "%s %s", method, path)
		}
	}
}
