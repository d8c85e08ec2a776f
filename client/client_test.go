package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// newClient is a client of a real server over doubles; wrap, when set, stands in front of it.
func newClient(t *testing.T, wrap func(http.Handler) http.Handler) *client.Client {
	t.Helper()
	e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{enginetest.NewEncoder(16)}, engine.DefaultOptions())
	require.NoError(t, err)
	server := web.New(web.DefaultOptions())
	server.Ready(e)
	var handler http.Handler = server
	if wrap != nil {
		handler = wrap(handler)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL)
	require.NoError(t, err)
	return c
}

func TestEveryCall(t *testing.T) {
	c := newClient(t, nil)
	ctx := t.Context()
	require.NoError(t, c.Ready(ctx))
	made, err := c.CreateCollection(ctx, client.NewCollection{Name: "shop", Index: client.Index{Kind: "flat"}})
	require.NoError(t, err)
	require.Equal(t, "flat", made.Index.Kind)
	require.Equal(t, "int8", made.Index.Quantizer)
	require.Equal(t, "full", made.Index.Memory)
	require.Positive(t, made.BytesPerVector)

	const id = "货号/1 é%"
	picture := enginetest.Picture("red dress")
	stored, err := c.PutItem(ctx, "shop", id, client.Item{
		Texts: map[string]string{"title": "red dress"}, Images: [][]byte{picture}, Attributes: map[string]any{"price": 5},
		Vectors: map[string][][]float32{"image": {{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}},
	})
	require.NoError(t, err)
	require.Equal(t, "created", stored.Outcome)
	got, err := c.Item(ctx, "shop", id, true)
	require.NoError(t, err)
	require.Equal(t, id, got.ID)
	require.Len(t, got.Vectors["image"], 2)
	data, err := c.Image(ctx, got.Images[0], false)
	require.NoError(t, err)
	require.Equal(t, picture, data)

	for name, part := range map[string]client.Part{"text": {Text: "red dress"}, "image": {Image: picture, Weight: 2}, "vector": {Vector: got.Vectors["text"][0]}} {
		found, err := c.Search(ctx, "shop", client.Search{Query: []client.Part{part}, Limit: 3})
		require.NoError(t, err, name)
		require.Equal(t, id, found.Hits[0].ID, name)
	}
	results, err := c.PutItems(ctx, "shop", []string{id, "b"}, []client.Item{
		{Texts: map[string]string{"title": "red dress"}, Images: [][]byte{picture}}, {Images: [][]byte{[]byte("no picture")}},
	})
	require.NoError(t, err)
	require.Equal(t, "updated", results[0].Outcome)
	require.Equal(t, "unsupported_media", results[1].Problem.Code)
	stats, err := c.Stats(ctx)
	require.NoError(t, err)
	require.Equal(t, client.Stats{Collections: 1, Items: 1, Vectors: 2, IndexBytes: 2 * 4 * 16}, stats, "nobody told of memory")
	items, next, err := c.Items(ctx, "shop", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Empty(t, next)
	embedded, err := c.Embed(ctx, []string{"red"}, [][]byte{enginetest.Picture("red"), []byte("no picture")})
	require.NoError(t, err)
	require.Equal(t, embedded.Texts[0], embedded.Images[0])
	require.Equal(t, "unsupported_media", embedded.Errors[0].Code)

	made, err = c.CreateCollection(ctx, client.NewCollection{Name: "other"})
	require.NoError(t, err)
	collections, next, err := c.Collections(ctx, "", 1)
	require.NoError(t, err)
	require.Equal(t, []client.Collection{made}, collections)
	collections, next, err = c.Collections(ctx, next, 0)
	require.NoError(t, err)
	require.Equal(t, "shop", collections[0].Name)
	require.Empty(t, next)
	encoders, err := c.Encoders(ctx)
	require.NoError(t, err)
	require.Equal(t, []client.Encoder{{
		Name: "words", Fingerprint: "print-1", Dimension: 16, Languages: []string{"en"}, Licence: "Apache-2.0", Provider: "cpu",
		LogitScale: 20, ImageSize: 80, MaxTokens: 24,
	}}, encoders)

	described, err := c.Collection(ctx, "shop")
	require.NoError(t, err)
	require.Equal(t, 1, described.Items)
	require.NoError(t, c.DeleteItem(ctx, "shop", id))
	require.NoError(t, c.DropCollection(ctx, "shop"))
	_, err = c.Collection(ctx, "shop")
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "not_found", e.Code)
	require.Equal(t, http.StatusNotFound, e.Status)
}

func TestPatchAndServerMadeIDs(t *testing.T) {
	c := newClient(t, nil)
	ctx := t.Context()
	_, err := c.CreateCollection(ctx, client.NewCollection{Name: "shop"})
	require.NoError(t, err)
	made, err := c.CreateItem(ctx, "shop", client.Item{
		Texts: map[string]string{"title": "red dress", "note": "old"}, Attributes: map[string]any{"price": 5, "season": "summer"},
		Images: [][]byte{enginetest.Picture("red dress")},
	})
	require.NoError(t, err)
	require.NotEmpty(t, made.ID)
	title := "blue dress"
	patched, err := c.PatchItem(ctx, "shop", made.ID, client.Patch{
		Texts: map[string]*string{"title": &title, "note": nil}, Attributes: map[string]any{"price": 6.5, "season": nil},
	})
	require.NoError(t, err)
	require.Equal(t, "updated", patched.Outcome)
	require.Equal(t, map[string]string{"title": title}, patched.Texts)
	require.Equal(t, map[string]any{"price": json.Number("6.5")}, patched.Attributes)
	require.Len(t, patched.Images, 1)
	patched, err = c.PatchItem(ctx, "shop", made.ID, client.Patch{})
	require.NoError(t, err)
	require.Equal(t, "unchanged", patched.Outcome)
	var e *client.Error
	_, err = c.PatchItem(ctx, "shop", "none", client.Patch{Texts: map[string]*string{"title": &title}})
	require.ErrorAs(t, err, &e)
	require.Equal(t, "not_found", e.Code)
}

func TestNoDigitIsLost(t *testing.T) {
	c := newClient(t, nil)
	ctx := t.Context()
	_, err := c.CreateCollection(ctx, client.NewCollection{Name: "shop"})
	require.NoError(t, err)
	attributes := map[string]any{"ean": json.Number("9007199254740993"), "price": json.Number("29.90"), "list": []any{json.Number("1.10")}}
	_, err = c.PutItem(ctx, "shop", "a", client.Item{Texts: map[string]string{"title": "red dress"}, Attributes: attributes})
	require.NoError(t, err)
	found, err := c.Search(ctx, "shop", client.Search{Query: []client.Part{{Text: "red"}}, Target: "text"})
	require.NoError(t, err)
	require.Equal(t, attributes, found.Hits[0].Item.Attributes)
	printed, err := json.Marshal(found)
	require.NoError(t, err)
	require.Contains(t, string(printed), `"ean":9007199254740993`)
}

func TestAnswersThatAreNotExpected(t *testing.T) {
	for name, body := range map[string]string{"no JSON": "hello", "cut": `{"hits":[`, "two documents": `{"hits":[]}{}`, "other type": `[]`} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			})
			_, err := c.Search(t.Context(), "shop", client.Search{})
			require.ErrorContains(t, err, "not what is expected")
		})
	}
}

// refuseFirst answers the first n requests with a status.
func refuseFirst(n int32, status int, seen *atomic.Int32) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) <= n {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"code":"busy","detail":"the queue is full"}`))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestBusyServerIsAskedAgain(t *testing.T) {
	var seen atomic.Int32
	c := newClient(t, refuseFirst(3, http.StatusServiceUnavailable, &seen))
	require.NoError(t, c.Ready(t.Context()))
	require.EqualValues(t, 4, seen.Load())
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	for name, status := range map[string]int{"bad request": 400, "internal": 500, "too large": 413} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int32
			c := newClient(t, refuseFirst(1, status, &seen))
			var e *client.Error
			require.ErrorAs(t, c.Ready(t.Context()), &e)
			require.EqualValues(t, 1, seen.Load())
		})
	}
}

func TestWhatMustNotHappenTwiceIsNotRepeated(t *testing.T) {
	var seen atomic.Int32
	c := newClient(t, refuseFirst(1, http.StatusServiceUnavailable, &seen))
	_, err := c.CreateCollection(t.Context(), client.NewCollection{Name: "shop"})
	require.Error(t, err)
	require.EqualValues(t, 1, seen.Load())
}

func TestImpatientClientGivesUp(t *testing.T) {
	var seen atomic.Int32
	c := newClient(t, refuseFirst(1000, http.StatusServiceUnavailable, &seen))
	c.Patience = 0
	require.Error(t, c.Ready(t.Context()))
	require.EqualValues(t, 1, seen.Load())

	c.Patience = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	err := c.Ready(ctx)
	require.True(t, errors.Is(err, context.Canceled) || ctx.Err() != nil, "%v", err)
}

func TestAnswersThatAreNoProblem(t *testing.T) {
	c := newClient(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>proxy</html>", http.StatusTeapot) })
	})
	var e *client.Error
	require.ErrorAs(t, c.Ready(t.Context()), &e)
	require.Equal(t, "unexpected", e.Code)
}

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:80", "ftp://x", "http://", "::"} {
		_, err := client.New(address)
		require.Error(t, err, address)
	}
}
