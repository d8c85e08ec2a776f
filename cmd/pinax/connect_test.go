package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/web"
)

// loadingServer answers as a server that is loading does, for as long as the number of the request says so.
func loadingServer(t *testing.T, isLoading func(request int64) bool) (address string) {
	t.Helper()
	loading := web.New(web.DefaultOptions()) // it has no engine yet
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoading(asked.Add(1)) {
			loading.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"status":"ready"}`))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestLoadingServerIsWaitedFor gives the client no patience of its own: being told that the server is loading is enough.
func TestLoadingServerIsWaitedFor(t *testing.T) {
	var last atomic.Int64
	address := loadingServer(t, func(n int64) bool { last.Store(n); return n <= 3 })
	c, err := client.New(address)
	require.NoError(t, err)
	c.Patience = 0
	require.NoError(t, waitWhileLoading(t.Context(), c, address))
	require.EqualValues(t, 4, last.Load())
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := loadingServer(t, func(n int64) bool {
		if n == 2 {
			cancel()
		}
		return true
	})
	_, err := connect(ctx, address)
	require.ErrorIs(t, err, context.Canceled)
}

func TestOnlyLoadingIsWaitedFor(t *testing.T) {
	unwell := func(detail string) error { return &client.Error{Status: 503, Code: "unavailable", Detail: detail} }
	require.True(t, isLoading(unwell("the server is loading")))
	require.False(t, isLoading(unwell("the server is stopping")))
	require.False(t, isLoading(&client.Error{Status: 503, Code: "busy", Detail: "loading"}))
	require.False(t, isLoading(context.Canceled))
	require.False(t, isLoading(nil))
}
