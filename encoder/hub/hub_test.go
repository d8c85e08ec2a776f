package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub/hubtest"
	"pinax/engine"
)

const repo = "owner/model"

// contents of a repository with a small and a large file.
func contents() fstest.MapFS {
	large := strings.Repeat("0123456789abcdef", 40_000)
	return fstest.MapFS{"config.json": {Data: []byte(`{"a":1}`)}, "onnx/model.onnx": {Data: []byte(large)}}
}

// impatient is a client that does not really wait; waited collects for how long it would have.
func impatient(t *testing.T, o Options, waited *[]time.Duration) *Client {
	t.Helper()
	c, err := New(o)
	require.NoError(t, err)
	c.wait = func(_ context.Context, d time.Duration) error {
		if waited != nil {
			*waited = append(*waited, d)
		}
		return nil
	}
	return c
}

// fetchAll brings a repository into a folder.
func fetchAll(t *testing.T, c *Client, into string) (Snapshot, error) {
	t.Helper()
	s, err := c.Snapshot(t.Context(), Ref{Repo: repo})
	if err != nil {
		return s, err
	}
	for _, f := range s.Files {
		name := filepath.Join(into, filepath.FromSlash(f.Path))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		if f, err = c.Complete(t.Context(), s, f); err != nil {
			return s, err
		}
		sum, err := c.Fetch(t.Context(), s, f, name, func(int64) {})
		if err != nil {
			return s, err
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, hubtest.SHA256(data), sum)
	}
	return s, nil
}

func requireSame(t *testing.T, want fs.FS, dir string) {
	t.Helper()
	for _, name := range []string{"config.json", "onnx/model.onnx"} {
		expected, err := fs.ReadFile(want, name)
		require.NoError(t, err)
		found, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, expected, found, name)
		require.NoFileExists(t, filepath.Join(dir, name)+PartSuffix)
	}
}

func TestRefusals(t *testing.T) {
	answer := func(status int, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			return true
		}
	}
	body := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(text))
			return true
		}
	}
	for name, tc := range map[string]struct {
		intercept func(http.ResponseWriter, *http.Request) bool
		code      engine.Code
		want      string
	}{
		"unauthorised":         {answer(401), engine.CodeForbidden, "who wants"},
		"forbidden":            {answer(403, "X-Error-Message", "gated\u202e[31m"), engine.CodeForbidden, "gated?[31m"},
		"no repository":        {answer(404), engine.CodeNotFound, "knows no owner/model"},
		"no revision":          {answer(404, "X-Error-Code", "RevisionNotFound"), engine.CodeNotFound, `no revision "main"`},
		"too many requests":    {answer(429, "Retry-After", "7"), engine.CodeBusy, "wait for 7s"},
		"for too long":         {answer(429, "Retry-After", "86400"), engine.CodeBusy, "24h0m0s"},
		"out of order":         {answer(503), engine.CodeUnavailable, "503"},
		"teapot":               {answer(418), engine.CodeUnavailable, "418"},
		"no JSON":              {body("<html>"), engine.CodeDamaged, "does not speak"},
		"other JSON":           {body(`{"siblings":7}`), engine.CodeDamaged, "does not speak"},
		"no commit":            {body(`{"sha":"../../etc","siblings":[]}`), engine.CodeDamaged, "no commit"},
		"half a list":          {body(`{"sha":"`), engine.CodeUnavailable, "broke off"},
		"disabled":             {body(`{"sha":"` + hubtest.Commit + `","disabled":true}`), engine.CodeForbidden, "disabled"},
		"endless list":         {body(`{"sha":"` + strings.Repeat("0", listingBytes+10)), engine.CodeTooLarge, "more than"},
		"redirect to a file":   {answer(302, "Location", "file:///etc/passwd"), engine.CodeDamaged, "scheme"},
		"redirect to nonsense": {answer(302, "Location", "http://[::1"), engine.CodeUnavailable, "Location"},
		"redirects in a ring":  {answer(302, "Location", "/again"), engine.CodeDamaged, "more than 10 times"},
	} {
		t.Run(name, func(t *testing.T) {
			server := hubtest.New(t, repo, contents())
			server.SetIntercept(tc.intercept)
			_, err := impatient(t, Options{Endpoint: server.URL}, nil).Snapshot(t.Context(), Ref{Repo: repo})
			require.ErrorContains(t, err, tc.want)
			require.Equal(t, tc.code, engine.CodeOf(err))
		})
	}
}

func TestHostileListings(t *testing.T) {
	for name, path := range map[string]string{
		"upwards":           "../../etc/passwd",
		"upwards inside":    "onnx/../../x",
		"absolute":          "/etc/passwd",
		"windows":           `..\..\x`,
		"zero byte":         "a\x00b",
		"escape sequence":   "a\x1b[2Jb",
		"line break":        "a\nb",
		"empty":             "",
		"the folder itself": ".",
		"doubled slash":     "a//b",
		"right to left":     "a\u202eb",
		"too long":          strings.Repeat("a", 2000),
		"twice":             "config.json",
	} {
		t.Run(name, func(t *testing.T) {
			server := hubtest.New(t, repo, contents())
			server.SetList(func(files []map[string]any) []map[string]any {
				return append(files, map[string]any{"rfilename": path, "size": 1})
			})
			_, err := impatient(t, Options{Endpoint: server.URL}, nil).Snapshot(t.Context(), Ref{Repo: repo})
			require.ErrorContains(t, err, "not to be trusted")
			require.Equal(t, engine.CodeDamaged, engine.CodeOf(err))
		})
	}
	t.Run("sizes", func(t *testing.T) {
		server := hubtest.New(t, repo, contents())
		for _, size := range []int64{-5, 1 << 62} {
			server.SetList(func([]map[string]any) []map[string]any {
				return []map[string]any{{"rfilename": "a", "size": size}}
			})
			_, err := impatient(t, Options{Endpoint: server.URL}, nil).Snapshot(t.Context(), Ref{Repo: repo})
			require.Equal(t, engine.CodeDamaged, engine.CodeOf(err))
		}
	})
	t.Run("count", func(t *testing.T) {
		server := hubtest.New(t, repo, contents())
		server.SetList(func(files []map[string]any) []map[string]any {
			for i := range listingFiles {
				files = append(files, map[string]any{"rfilename": fmt.Sprint(i)})
			}
			return files
		})
		_, err := impatient(t, Options{Endpoint: server.URL}, nil).Snapshot(t.Context(), Ref{Repo: repo})
		require.Equal(t, engine.CodeTooLarge, engine.CodeOf(err))
	})
}

func TestRefs(t *testing.T) {
	for text, want := range map[string]Ref{
		"openai/clip":       {"openai/clip", ""},
		"clip":              {"clip", ""},
		"a/b@v1.0":          {"a/b", "v1.0"},
		"a/b@refs/pr/1":     {"a/b", "refs/pr/1"},
		"A_1/b.c-d@0123abc": {"A_1/b.c-d", "0123abc"},
	} {
		r, err := ParseRef(text)
		require.NoError(t, err, text)
		require.Equal(t, want, r)
		require.Equal(t, text, r.String())
	}
	for _, text := range []string{"", "a/b/c", "../b", "a/..", "/a", "a/", "a b", "a/b@", "a/b@../x", "a--b/c", "a/b.git", "a/b@-x", "a/b@x y", "é"} {
		_, err := ParseRef(text)
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), text)
	}
}

func TestEndpoints(t *testing.T) {
	for _, endpoint := range []string{"hub", "ftp://hub", "http://", "http://user:secret@hub", "http://hub?x=1", "http://[::1"} {
		_, err := New(Options{Endpoint: endpoint})
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), endpoint)
	}
	c, err := New(Options{})
	require.NoError(t, err)
	_, err = c.Snapshot(t.Context(), Ref{Repo: repo})
	var e *engine.Error
	require.True(t, errors.As(err, &e))
	require.Contains(t, e.Hint, "HF_ENDPOINT")
	require.Contains(t, e.Hint, "models.endpoint")
}

func TestFetch(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	server.RequireToken("secret")
	dir := t.TempDir()
	s, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL + "/", Token: "secret"}, nil), dir)
	require.NoError(t, err)
	require.Equal(t, hubtest.Commit, s.Commit)
	require.Equal(t, "apache-2.0", s.Licence)
	require.Equal(t, []string{"en", "zh"}, s.Languages)
	requireSame(t, contents(), dir)
	hub := strings.TrimPrefix(server.URL, "http://")
	elsewhere := 0
	for _, r := range server.Requests() {
		if r.Host == hub {
			require.Equal(t, "Bearer secret", r.Authorization)
		} else {
			require.Empty(t, r.Authorization, "the token stays with the endpoint")
			elsewhere++
		}
	}
	require.Equal(t, 1, elsewhere)
}

func TestSpecialCharactersInNames(t *testing.T) {
	const name = "a folder/50% #1?.txt"
	server := hubtest.New(t, repo, fstest.MapFS{name: {Data: []byte("content")}})
	server.SetRevision("refs/pr/1", hubtest.Commit)
	var asked []string
	server.SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
		asked = append(asked, r.URL.EscapedPath())
		return false
	})
	c := impatient(t, Options{Endpoint: server.URL}, nil)
	s, err := c.Snapshot(t.Context(), Ref{repo, "refs/pr/1"})
	require.NoError(t, err)
	_, err = c.Fetch(t.Context(), s, s.Files[0], filepath.Join(t.TempDir(), "x"), func(int64) {})
	require.NoError(t, err)
	require.Equal(t, []string{"/api/models/owner/model/revision/refs%2Fpr%2F1",
		"/owner/model/resolve/" + hubtest.Commit + "/a%20folder/50%25%20%231%3F.txt"}, asked)
}

func TestEndpointBelowAPath(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	mirror := httptest.NewServer(http.StripPrefix("/mirrors/hub", httputil.NewSingleHostReverseProxy(mustParse(t, server.URL))))
	t.Cleanup(mirror.Close)
	dir := t.TempDir()
	_, err := fetchAll(t, impatient(t, Options{Endpoint: mirror.URL + "/mirrors/hub"}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}

func TestTokenInClearIsWarnedOf(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	for endpoint, warns := range map[string]bool{
		"http://hub.example": true, "https://hub.example": false, "http://127.0.0.1:80": false, "http://[::1]": false, "http://localhost:1": false,
	} {
		log.Reset()
		_, err := New(Options{Endpoint: endpoint, Token: "secret"})
		require.NoError(t, err)
		require.Equal(t, warns, strings.Contains(log.String(), "in clear"), endpoint)
		require.NotContains(t, log.String(), "secret")
	}
}

func TestFetchGoesOnAfterCuts(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	size := len(contents()["onnx/model.onnx"].Data)
	server.Cut("onnx/model.onnx", size/10, 8) // more often than a client fails without progress
	server.Cut("config.json", 0, 2)
	dir := t.TempDir()
	_, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
	ranges := 0
	for _, r := range server.Requests() {
		if r.Range != "" {
			ranges++
		}
	}
	require.GreaterOrEqual(t, ranges, 8, "it went on rather than start anew")
}

func TestAddressesThatRunOutAreSignedAnew(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	server.Expire(2)
	dir := t.TempDir()
	_, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
	server.Expire(100)
	_, err = fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), t.TempDir())
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
	require.NotContains(t, err.Error(), "signature")
}

func TestFetchGivesUpWithoutProgressAndGoesOnLater(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	dir := t.TempDir()
	var waited []time.Duration
	c := impatient(t, Options{Endpoint: server.URL}, &waited)
	server.Cut("onnx/model.onnx", 0, 100)
	_, err := fetchAll(t, c, dir)
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
	require.Len(t, waited, failuresInARow-1)
	require.Greater(t, waited[4], waited[0], "it waits longer each time")

	part := filepath.Join(dir, "onnx", "model.onnx"+PartSuffix)
	require.NoError(t, os.WriteFile(part, contents()["onnx/model.onnx"].Data[:1000], 0o600))
	server.Cut("onnx/model.onnx", 0, 0)
	_, err = fetchAll(t, c, dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
	require.True(t, slices.ContainsFunc(server.Requests(), func(r hubtest.Request) bool { return r.Range == "bytes=1000-" }))
}

func TestFetchOverSpoiltParts(t *testing.T) {
	for name, part := range map[string][]byte{
		"of other content": []byte("something else"),
		"too long":         make([]byte, 1<<20),
		"full but wrong":   make([]byte, len(contents()["onnx/model.onnx"].Data)),
	} {
		t.Run(name, func(t *testing.T) {
			server := hubtest.New(t, repo, contents())
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, "onnx"), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "onnx", "model.onnx"+PartSuffix), part, 0o600))
			_, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), dir)
			require.NoError(t, err)
			requireSame(t, contents(), dir)
		})
	}
}

func TestServerWithoutRanges(t *testing.T) {
	small := fstest.MapFS{"config.json": {Data: []byte(strings.Repeat("x", 10_000))}, "onnx/model.onnx": {Data: nil}}
	server := hubtest.New(t, repo, small)
	server.SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false })
	server.Cut("config.json", 5000, 1)
	dir := t.TempDir()
	var sum int64
	c := impatient(t, Options{Endpoint: server.URL}, nil)
	s, err := c.Snapshot(t.Context(), Ref{Repo: repo})
	require.NoError(t, err)
	for _, f := range s.Files {
		if f.Path == "config.json" {
			_, err = c.Fetch(t.Context(), s, f, filepath.Join(dir, "config.json"), func(n int64) { sum += n })
			require.NoError(t, err)
		}
	}
	require.EqualValues(t, 10_000, sum, "what was thrown away is taken off the progress")
}

func TestContentThatChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*hubtest.Server)
		code   engine.Code
	}{
		"large file, same size": {func(s *hubtest.Server) {
			s.Replace("onnx/model.onnx", make([]byte, len(contents()["onnx/model.onnx"].Data)))
		}, engine.CodeConflict},
		"large file, other size": {func(s *hubtest.Server) { s.Replace("onnx/model.onnx", []byte("short")) }, engine.CodeConflict},
		"small file, same size":  {func(s *hubtest.Server) { s.Replace("config.json", []byte(`{"b":2}`)) }, engine.CodeDamaged},
		"other commit": {func(s *hubtest.Server) {
			s.SetRevision(hubtest.Commit, strings.Repeat("f", 40))
		}, engine.CodeConflict},
		"etag hidden, content wrong": {func(s *hubtest.Server) {
			s.Replace("onnx/model.onnx", make([]byte, len(contents()["onnx/model.onnx"].Data)))
			s.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, ".onnx") {
					return false
				}
				data := make([]byte, len(contents()["onnx/model.onnx"].Data))
				_, _ = w.Write(data)
				return true
			})
		}, engine.CodeDamaged},
		"more than was listed": {func(s *hubtest.Server) {
			s.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "config.json") {
					return false
				}
				for range 100 {
					_, _ = w.Write([]byte("endless "))
					_ = http.NewResponseController(w).Flush() // no Content-Length
				}
				return true
			})
		}, engine.CodeConflict},
		"another range": {func(s *hubtest.Server) {
			s.Cut("config.json", 3, 1)
			s.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Range") == "" {
					return false
				}
				w.Header().Set("Content-Range", "bytes 0-6/7")
				w.WriteHeader(http.StatusPartialContent)
				return true
			})
		}, engine.CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			server := hubtest.New(t, repo, contents())
			dir := t.TempDir()
			c := impatient(t, Options{Endpoint: server.URL}, nil)
			s, err := c.Snapshot(t.Context(), Ref{Repo: repo})
			require.NoError(t, err)
			tc.change(server)
			var failed error
			for _, f := range s.Files {
				name := filepath.Join(dir, filepath.Base(f.Path))
				if _, err := c.Fetch(t.Context(), s, f, name, func(int64) {}); err != nil {
					failed = err
					require.NoFileExists(t, name)
				}
			}
			require.Equal(t, tc.code, engine.CodeOf(failed), "%v", failed)
		})
	}
}

func TestHashesFromHeadWhereTheListHasNone(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	server.SetList(func(files []map[string]any) []map[string]any {
		for i, f := range files {
			files[i] = map[string]any{"rfilename": f["rfilename"]}
		}
		return files
	})
	dir := t.TempDir()
	_, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)

	server.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodHead })
	_, err = fetchAll(t, impatient(t, Options{Endpoint: server.URL}, nil), t.TempDir())
	require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(err), "what cannot be checked is not taken: %v", err)
}

func TestRetryAfter(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	busy := 2
	server.SetIntercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if busy--; busy < 0 {
			return false
		}
		w.Header().Set("Retry-After", "42")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	var waited []time.Duration
	_, err := impatient(t, Options{Endpoint: server.URL}, &waited).Snapshot(t.Context(), Ref{Repo: repo})
	require.NoError(t, err)
	require.Equal(t, []time.Duration{42 * time.Second, 42 * time.Second}, waited)

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"Retry-After: 5": 5 * time.Second,
		"Retry-After: Tue, 24 Nov 2026 12:00:09 GMT": 9 * time.Second,
		"Retry-After: Tue, 24 Nov 2020 12:00:09 GMT": 0,
		"Retry-After: -5":           0,
		"Retry-After: soon":         0,
		`RateLimit: "api";r=0;t=55`: 55 * time.Second,
		`RateLimit: "api";r=7;t=55`: 0,
	} {
		key, value, _ := strings.Cut(header, ": ")
		h := http.Header{}
		h.Set(key, value)
		require.Equal(t, want, retryAfter(h, now), header)
	}
}

func TestCancelledFetchKeepsItsPart(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	dir := t.TempDir()
	c := impatient(t, Options{Endpoint: server.URL}, nil)
	s, err := c.Snapshot(t.Context(), Ref{Repo: repo})
	require.NoError(t, err)
	for _, f := range s.Files {
		if f.Path != "onnx/model.onnx" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		name := filepath.Join(dir, "model.onnx")
		server.Cut(f.Path, 1000, 1)
		_, err = c.Fetch(ctx, s, f, name, func(n int64) {
			if n > 0 {
				cancel()
			}
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoFileExists(t, name)
		require.Positive(t, fileSize(name+PartSuffix))
		_, err = c.Fetch(t.Context(), s, f, name, func(int64) {})
		require.NoError(t, err)
		require.FileExists(t, name)
	}
}

func TestStalledServerIsLeft(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	c := impatient(t, Options{Endpoint: server.URL}, nil)
	c.stall = 20 * time.Millisecond
	s, err := c.Snapshot(t.Context(), Ref{Repo: repo})
	require.NoError(t, err)
	server.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "7")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	for _, f := range s.Files {
		if f.Path == "config.json" {
			_, err = c.Fetch(t.Context(), s, f, filepath.Join(t.TempDir(), "x"), func(int64) {})
		}
	}
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "%v", err)
}

func TestOfflineAsksNobody(t *testing.T) {
	server := hubtest.New(t, repo, contents())
	c := impatient(t, Options{Endpoint: server.URL, Offline: true}, nil)
	_, err := c.Snapshot(t.Context(), Ref{Repo: repo})
	require.ErrorContains(t, err, "offline")
	_, err = c.Fetch(t.Context(), Snapshot{Ref: Ref{Repo: repo}, Commit: hubtest.Commit}, File{Path: "config.json", Size: 7},
		filepath.Join(t.TempDir(), "x"), func(int64) {})
	require.ErrorContains(t, err, "offline")
	require.Empty(t, server.Requests())
}

// writeCache lays a repository out as the reference client does.
func writeCache(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "models--owner--model")
	put := func(name string, data []byte) {
		name = filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, data, 0o600))
	}
	put("refs/main", []byte(hubtest.Commit))
	for name, file := range contents() {
		hash := hubtest.GitSHA1(file.Data)
		if strings.HasSuffix(name, ".onnx") {
			hash = hubtest.SHA256(file.Data)
		}
		put("blobs/"+hash, file.Data)
		link := filepath.Join(folder, "snapshots", hubtest.Commit, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(link), 0o700))
		up := strings.Repeat("../", 2+strings.Count(name, "/"))
		if err := os.Symlink(up+"blobs/"+hash, link); err != nil {
			t.Skip("SKIPPED: this system makes no links: ", err)
		}
	}
	return root
}

func TestCacheOfTheReferenceClient(t *testing.T) {
	cache := writeCache(t)
	server := hubtest.New(t, repo, contents())
	dir := t.TempDir()
	_, err := fetchAll(t, impatient(t, Options{Endpoint: server.URL, Cache: cache}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
	require.Len(t, server.Requests(), 1, "only the list was asked for")

	dir = t.TempDir()
	_, err = fetchAll(t, impatient(t, Options{Offline: true, Cache: cache}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)

	blobs, err := filepath.Glob(filepath.Join(cache, "*", "blobs", "*"))
	require.NoError(t, err)
	for _, blob := range blobs {
		data, err := os.ReadFile(blob)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(blob, make([]byte, len(data)), 0o600))
	}
	dir = t.TempDir()
	_, err = fetchAll(t, impatient(t, Options{Endpoint: server.URL, Cache: cache}, nil), dir)
	require.NoError(t, err, "a spoilt cache is passed over")
	requireSame(t, contents(), dir)
	_, err = fetchAll(t, impatient(t, Options{Offline: true, Cache: cache}, nil), t.TempDir())
	require.Error(t, err)
}

func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "my token")
	require.NoError(t, os.WriteFile(file, []byte(" from-file\r\n"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "home"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "home", "token"), []byte("from-home"), 0o600))
	none := filepath.Join(dir, "none")
	for name, tc := range map[string]struct {
		env  map[string]string
		want Options
	}{
		"nothing":          {map[string]string{"HF_HOME": none}, Options{Cache: filepath.Join(none, "hub")}},
		"all":              {map[string]string{"HF_ENDPOINT": "https://hub.example/", "HF_TOKEN": "t", "HF_HUB_OFFLINE": "yes", "HF_HUB_CACHE": "/c"}, Options{"https://hub.example", "t", true, "/c"}},
		"old names":        {map[string]string{"HUGGING_FACE_HUB_TOKEN": "t", "TRANSFORMERS_OFFLINE": "1", "HUGGINGFACE_HUB_CACHE": "/c"}, Options{"", "t", true, "/c"}},
		"false offline":    {map[string]string{"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1", "HF_HOME": none}, Options{Cache: filepath.Join(none, "hub")}},
		"token file":       {map[string]string{"HF_TOKEN_PATH": "$DIR/my token", "DIR": dir, "HF_HUB_CACHE": "/c"}, Options{Token: "from-file", Cache: "/c"}},
		"token of home":    {map[string]string{"HF_HOME": filepath.Join(dir, "home")}, Options{Token: "from-home", Cache: filepath.Join(dir, "home", "hub")}},
		"token not wanted": {map[string]string{"HF_TOKEN": "t", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_HUB_CACHE": "/c"}, Options{Cache: "/c"}},
		"cache of XDG":     {map[string]string{"XDG_CACHE_HOME": none}, Options{Cache: filepath.Join(none, "huggingface", "hub")}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := FromEnvironment(func(key string) string { return tc.env[key] })
			require.NoError(t, err)
			require.Equal(t, tc.want, o)
		})
	}
	_, err := FromEnvironment(func(key string) string { return map[string]string{"HF_TOKEN_PATH": dir}[key] })
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), "a token file that cannot be read is no missing one")
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"sha":"` + hubtest.Commit + `","siblings":[{"rfilename":"a","size":1,"blobId":"x"}],"cardData":{"license":["mit"]}}`))
	f.Add([]byte(`{"sha":"` + hubtest.Commit + `","siblings":[{"rfilename":"../a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l listing
		if decodeListing(strings.NewReader(string(data)), &l) != nil {
			return
		}
		s, err := l.snapshot(Ref{Repo: repo})
		if err != nil {
			return
		}
		for _, file := range s.Files {
			require.True(t, filepath.IsLocal(filepath.FromSlash(file.Path)))
		}
	})
}
