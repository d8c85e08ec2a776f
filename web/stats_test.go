package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/web"
)

// holding is a fixture whose collection has a text vector of 16 elements, 64 bytes, and a server with a log.
func holding(t *testing.T, memory func() (web.Memory, error)) (*fixture, *bytes.Buffer) {
	t.Helper()
	f := newFixture(t).shop()
	require.Equal(t, http.StatusCreated, f.json(http.MethodPut, "/v1/collections/shop/items/a", map[string]any{
		"texts": map[string]string{"title": "red dress"},
	}).status)
	var log bytes.Buffer
	o := web.DefaultOptions()
	o.Logger, o.Memory = slog.New(slog.NewJSONHandler(&log, nil)), memory
	f.serveWith(o)
	return f, &log
}

func limitedTo(bytes int64) func() (web.Memory, error) {
	return func() (web.Memory, error) {
		return web.Memory{ResidentBytes: 300, FileBytes: 100, LimitBytes: bytes, AvailableBytes: 50, LimitedBy: "cgroup"}, nil
	}
}

func TestStatsWhereTheSystemDoesNotTell(t *testing.T) {
	for name, memory := range map[string]func() (web.Memory, error){
		"nobody to ask": nil,
		"a failure":     func() (web.Memory, error) { return web.Memory{}, errors.New("no such file") },
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := holding(t, memory)
			got := f.do(http.MethodGet, "/v1/stats", "", nil)
			require.Equal(t, http.StatusOK, got.status)
			require.JSONEq(t, `{"collections":1,"items":1,"vectors":1,"index_bytes":64,"memory":null}`, string(got.body))
			metrics := string(f.do(http.MethodGet, "/metrics", "", nil).body)
			require.NotContains(t, metrics, "pinax_memory_limit_bytes")
			require.NotContains(t, metrics, "pinax_index_memory_high")
		})
	}
}

func TestStatsOfAFailingBackend(t *testing.T) {
	f, _ := holding(t, limitedTo(1000))
	f.backend.Fail = func(string) error { return engine.Errorf(engine.CodeUnavailable, "closed") }
	require.Equal(t, http.StatusServiceUnavailable, f.do(http.MethodGet, "/v1/stats", "", nil).status)
}

func TestStats(t *testing.T) {
	f, _ := holding(t, limitedTo(1000))
	got := f.do(http.MethodGet, "/v1/stats", "", nil)
	require.JSONEq(t, `{"collections":1,"items":1,"vectors":1,"index_bytes":64,"memory":
		{"resident_bytes":300,"file_bytes":100,"limit_bytes":1000,"available_bytes":50,"limited_by":"cgroup"}}`, string(got.body))

	var c struct {
		Entries map[string]map[string]any `json:"entries"`
		Bytes   float64                   `json:"bytes_per_vector"`
	}
	require.NoError(t, json.Unmarshal(f.do(http.MethodGet, "/v1/collections/shop", "", nil).body, &c))
	require.Equal(t, engine.BytesPerVector(engine.DefaultOptions().Index, 16), c.Bytes)
	require.EqualValues(t, 64, c.Entries["text"]["bytes_per_vector"])
	require.EqualValues(t, 64, c.Entries["text"]["vector_bytes"])
	require.EqualValues(t, 0, c.Entries["image"]["bytes_per_vector"])

	metrics := string(f.do(http.MethodGet, "/metrics", "", nil).body)
	for _, line := range []string{
		`pinax_collection_index_bytes{collection="shop",modality="text",part="vectors"} 64`,
		`pinax_collection_index_bytes{collection="shop",modality="text",part="links"} 0`,
		`pinax_collection_free_slots{collection="shop",modality="text"} 0`,
		"pinax_memory_limit_bytes 1000", "pinax_memory_available_bytes 50",
		"pinax_index_memory_ratio 0.064", "pinax_index_memory_high 0",
	} {
		require.Contains(t, metrics, line+"\n")
	}
}

func TestMetricOfHighMemory(t *testing.T) {
	for limit, high := range map[int64]int{0: 0, 64: 1, 79: 1, 80: 0} {
		f, _ := holding(t, limitedTo(limit))
		metrics := string(f.do(http.MethodGet, "/metrics", "", nil).body)
		require.Contains(t, metrics, fmt.Sprintf("pinax_index_memory_high %d\n", high), "a limit of %d", limit)
	}
}

// TestHighMemoryIsLoggedOnce lets the limit wander about the memory of the indexes.
func TestHighMemoryIsLoggedOnce(t *testing.T) {
	var limit atomic.Int64
	f, log := holding(t, func() (web.Memory, error) { return limitedTo(limit.Load())() })
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go f.server.WatchMemory(ctx, time.Minute)
		for _, step := range []struct {
			limit        int64
			warned, calm int // so far
		}{
			{1000, 0, 0}, {81, 0, 0}, {79, 1, 0}, {79, 1, 0}, {82, 1, 0}, {79, 1, 0}, {100, 1, 1}, {79, 2, 1},
		} {
			limit.Store(step.limit)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, step.warned, strings.Count(log.String(), `"level":"WARN"`), "a limit of %d", step.limit)
			require.Equal(t, step.calm, strings.Count(log.String(), "no longer"), "a limit of %d", step.limit)
		}
		cancel()
		synctest.Wait()
	})
	require.Contains(t, log.String(), `"index_bytes":64`)
}

// TestWatchingAServerThatLoads would panic if it asked an engine that is not there.
func TestWatchingAServerThatLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := web.DefaultOptions()
		o.Logger, o.Memory = slog.New(slog.NewJSONHandler(&log, nil)), limitedTo(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		web.New(o).WatchMemory(ctx, time.Minute)
		require.Empty(t, log.String())
	})
}
