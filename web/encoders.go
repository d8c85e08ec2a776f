package web

import (
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"pinax/engine"
)

// encoders reports where models run, and what their cache did.
type encoders struct{ serving func() *engine.Engine }

var (
	encoderDesc = prometheus.NewDesc("pinax_encoder_info", "Always 1; the labels tell what runs the encoder.",
		[]string{"encoder", "provider", "devices"}, nil)
	fallbackDesc = prometheus.NewDesc("pinax_encoder_fallback",
		"1 when the encoder runs on the CPU, in whole or in part, although there is a GPU.", []string{"encoder"}, nil)
	cachedDesc = prometheus.NewDesc("pinax_encoder_cache_requests_total",
		"Texts and pictures by outcome: hit, answered from memory; joined, encoded for another caller just then; miss, encoded.",
		[]string{"encoder", "outcome"}, nil)
	cacheBytesDesc   = prometheus.NewDesc("pinax_encoder_cache_bytes", "Memory of the cache.", []string{"encoder"}, nil)
	cacheEntriesDesc = prometheus.NewDesc("pinax_encoder_cache_entries", "Vectors in the cache.", []string{"encoder"}, nil)
)

// Describe implements prometheus.Collector.
func (encoders) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{encoderDesc, fallbackDesc, cachedDesc, cacheBytesDesc, cacheEntriesDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c encoders) Collect(ch chan<- prometheus.Metric) {
	e := c.serving()
	if e == nil {
		return
	}
	for _, info := range e.Encoders() {
		fallback := 0.0
		if info.Fallback != "" {
			fallback = 1
		}
		ch <- gauge(encoderDesc, 1, info.Name, info.Provider, numbers(info.Devices))
		ch <- gauge(fallbackDesc, fallback, info.Name)
	}
	for name, s := range e.EncoderStats() {
		for outcome, n := range map[string]int64{"hit": s.CacheHits, "joined": s.CacheJoined, "miss": s.CacheMisses} {
			ch <- prometheus.MustNewConstMetric(cachedDesc, prometheus.CounterValue, float64(n), name, outcome)
		}
		ch <- gauge(cacheBytesDesc, float64(s.CacheBytes), name)
		ch <- gauge(cacheEntriesDesc, float64(s.CacheEntries), name)
	}
}

// numbers joins numbers by commas.
func numbers(all []int) string {
	parts := make([]string, len(all))
	for i, n := range all {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}
