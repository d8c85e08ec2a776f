package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// busy is an encoder whose queue is full.
type busy struct {
	*enginetest.Encoder
	wait time.Duration
}

func (b busy) EncodeTexts(context.Context, []string) ([][]float32, error) {
	return nil, &engine.Error{Code: engine.CodeBusy, Detail: "full", RetryAfter: b.wait}
}

func TestFullQueueTellsWhenToComeBack(t *testing.T) {
	for _, c := range []struct {
		name string
		wait time.Duration
		want string
	}{
		{"no estimate", 0, "1"},
		{"a moment", time.Millisecond, "1"},
		{"seconds, rounded up", 6100 * time.Millisecond, "7"},
		{"far too long", time.Hour, "60"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{busy{enginetest.NewEncoder(16), c.wait}}, engine.DefaultOptions())
			require.NoError(t, err)
			s := web.New(web.DefaultOptions())
			s.Ready(e)
			w := httptest.NewRecorder()
			r := newRequest(http.MethodPost, "/v1/embed", strings.NewReader(`{"texts":["red dress"]}`))
			r.Header.Set("Content-Type", "application/json")
			s.ServeHTTP(w, r)
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Equal(t, c.want, w.Header().Get("Retry-After"))
		})
	}
}
