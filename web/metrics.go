package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pinax/engine"
)

// metrics counts requests and stages and reports them at /metrics.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	stages     *prometheus.HistogramVec
	stageItems *prometheus.CounterVec
}

var _ engine.Observer = (*metrics)(nil)

// newMetrics registers everything; serving returns the engine, or nil while it is loading.
func newMetrics(registry *prometheus.Registry, version string, serving func() *engine.Engine) *metrics {
	m := &metrics{
		registry: registry,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pinax_http_request_seconds", Help: "Time from a request's head to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"method", "route", "status"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pinax_stage_seconds", Help: "Time of one run of a stage of the pipeline.",
			Buckets: prometheus.ExponentialBuckets(0.00005, 2, 18),
		}, []string{"stage"}),
		stageItems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pinax_stage_items_total", Help: "Pictures, texts, records or vectors that a stage worked on.",
		}, []string{"stage"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "pinax_build_info", Help: "Always 1; the version is its label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	registry.MustRegister(m.requests, m.stages, m.stageItems, build, contents{serving},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe implements engine.Observer.
func (m *metrics) Observe(stage engine.Stage, took time.Duration, count int) {
	m.stages.WithLabelValues(string(stage)).Observe(took.Seconds())
	m.stageItems.WithLabelValues(string(stage)).Add(float64(count))
}

func (m *metrics) serve(c echo.Context) error {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(c.Response(), c.Request())
	return nil
}

// observeRequest times requests by route, not by address, so that ids do not become labels.
func (m *metrics) observeRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		method, route := c.Request().Method, c.Path()
		if !slices.Contains(methods, method) || route == "" {
			method, route = "other", "none"
		}
		m.requests.WithLabelValues(method, route, strconv.Itoa(c.Response().Status)).Observe(time.Since(start).Seconds())
		return nil
	}
}

// methods are those that become labels; a client can invent others without end.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// contents reports what the collections hold at the moment of a scrape.
type contents struct{ serving func() *engine.Engine }

var (
	itemsDesc   = prometheus.NewDesc("pinax_collection_items", "Items stored.", []string{"collection"}, nil)
	vectorsDesc = prometheus.NewDesc("pinax_collection_vectors", "Vectors in the index.", []string{"collection", "modality"}, nil)
	memoryDesc  = prometheus.NewDesc("pinax_collection_index_bytes", "Memory of the index.", []string{"collection", "modality"}, nil)
)

// Describe implements prometheus.Collector.
func (contents) Describe(ch chan<- *prometheus.Desc) {
	ch <- itemsDesc
	ch <- vectorsDesc
	ch <- memoryDesc
}

// Collect implements prometheus.Collector.
func (c contents) Collect(ch chan<- prometheus.Metric) {
	e := c.serving()
	if e == nil {
		return
	}
	infos, err := e.Collections(context.Background(), "", maxReported)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(itemsDesc, err)
		return
	}
	for _, info := range infos {
		ch <- prometheus.MustNewConstMetric(itemsDesc, prometheus.GaugeValue, float64(info.Stats.Items), info.Name)
		for m, s := range info.Stats.Entries {
			ch <- prometheus.MustNewConstMetric(vectorsDesc, prometheus.GaugeValue, float64(s.Vectors), info.Name, string(m))
			ch <- prometheus.MustNewConstMetric(memoryDesc, prometheus.GaugeValue, float64(s.MemoryBytes), info.Name, string(m))
		}
	}
}

// maxReported bounds the collections that a scrape lists.
const maxReported = 1000
