package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// onGPUs is an encoder of two devices that fell back, and has counted.
type onGPUs struct{ *enginetest.Encoder }

func (e onGPUs) Info() engine.EncoderInfo {
	info := e.Encoder.Info()
	info.Provider, info.Devices, info.Fallback = "cuda", []int{0, 2}, "half of it runs on the CPU"
	return info
}

func (onGPUs) Stats() engine.EncoderStats {
	return engine.EncoderStats{CacheHits: 5, CacheJoined: 3, CacheMisses: 7, CacheBytes: 4096, CacheEntries: 2}
}

func TestEncoderMetrics(t *testing.T) {
	metrics := func(enc engine.Encoder) string {
		e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{enc}, engine.DefaultOptions())
		require.NoError(t, err)
		s := web.New(web.DefaultOptions())
		s.Ready(e)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, newRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	plain := metrics(enginetest.NewEncoder(16))
	require.Contains(t, plain, `pinax_encoder_info{devices="",encoder="words",provider="cpu"} 1`)
	require.Contains(t, plain, `pinax_encoder_fallback{encoder="words"} 0`)
	require.NotContains(t, plain, "pinax_encoder_cache")

	counted := metrics(onGPUs{enginetest.NewEncoder(16)})
	for _, line := range []string{
		`pinax_encoder_info{devices="0,2",encoder="words",provider="cuda"} 1`,
		`pinax_encoder_fallback{encoder="words"} 1`,
		`pinax_encoder_cache_requests_total{encoder="words",outcome="hit"} 5`,
		`pinax_encoder_cache_requests_total{encoder="words",outcome="joined"} 3`,
		`pinax_encoder_cache_requests_total{encoder="words",outcome="miss"} 7`,
		`pinax_encoder_cache_bytes{encoder="words"} 4096`,
		`pinax_encoder_cache_entries{encoder="words"} 2`,
	} {
		require.Contains(t, counted, line)
	}
}

func TestEncodersTellProviderAndFallback(t *testing.T) {
	f := newFixture(t)
	e, err := engine.New(f.backend, []engine.Encoder{onGPUs{f.encoder}}, engine.DefaultOptions())
	require.NoError(t, err)
	f.server.Ready(e)
	listed := f.do(http.MethodGet, "/v1/encoders", "", nil).json(t)["encoders"].([]any)[0].(map[string]any)
	require.Equal(t, "cuda", listed["provider"])
	require.Equal(t, "[0 2]", fmt.Sprint(listed["devices"]))
	require.Equal(t, "half of it runs on the CPU", listed["provider_fallback"])
}
