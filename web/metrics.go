package web

import (
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
func newMetrics(o Options, serving func() *engine.Engine) *metrics {
	m := &metrics{
		registry: o.Metrics,
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
		Name: "pinax_build_info", Help: "Always 1; the version is its label.", ConstLabels: prometheus.Labels{"version": o.Version},
	})
	build.Set(1)
	o.Metrics.MustRegister(m.requests, m.stages, m.stageItems, build, contents{serving}, encoders{serving}, machine{serving, o},
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
