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

// loadingServer answers as a server that is loading does, a number of times before it is ready.
func loadingServer(t *testing.T, times int64) (address string, asked *atomic.Int64) {
	t.Helper()
	loading := web.New(web.DefaultOptions()) // it has no engine yet
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= times {
			loading.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"status":"ready"}`))
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// TestLoadingServerIsWaitedFor gives the client no patience of its own: being told that the server is loading is enough.
func TestLoadingServerIsWaitedFor(t *testing.T) {
	address, asked := loadingServer(t, 3)
	c, err := client.New(address)
	require.NoError(t, err)
	c.Patience = 0
	require.NoError(t, waitWhileLoading(t.Context(), c, address))
	require.EqualValues(t, 4, asked.Load())
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	address, asked := loadingServer(t, 1<<40)
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(t.Context(), cancel)
	go func() {
		for asked.Load() == 0 {
		}
		cancel()
	}()
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
