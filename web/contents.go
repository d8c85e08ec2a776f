package web

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"pinax/engine"
)

// contents reports what the collections hold at the moment of a scrape.
type contents struct{ serving func() *engine.Engine }

var (
	itemsDesc   = prometheus.NewDesc("pinax_collection_items", "Items stored.", []string{"collection"}, nil)
	vectorsDesc = prometheus.NewDesc("pinax_collection_vectors", "Vectors in the index.", []string{"collection", "modality"}, nil)
	freeDesc    = prometheus.NewDesc("pinax_collection_free_slots", "Places of deleted vectors, which new ones take.",
		[]string{"collection", "modality"}, nil)
	bytesDesc = prometheus.NewDesc("pinax_collection_index_bytes", "Memory of the index. The sum over parts is all of it.",
		[]string{"collection", "modality", "part"}, nil)
)

// Describe implements prometheus.Collector.
func (contents) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{itemsDesc, vectorsDesc, freeDesc, bytesDesc} {
		ch <- d
	}
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
		ch <- gauge(itemsDesc, float64(info.Stats.Items), info.Name)
		for m, s := range info.Stats.Entries {
			ch <- gauge(vectorsDesc, float64(s.Vectors), info.Name, string(m))
			ch <- gauge(freeDesc, float64(s.FreeSlots), info.Name, string(m))
			for part, bytes := range map[string]int64{
				"codes": s.CodeBytes, "vectors": s.VectorBytes, "links": s.LinkBytes, "keys": s.KeyBytes,
			} {
				ch <- gauge(bytesDesc, float64(bytes), info.Name, string(m), part)
			}
		}
	}
}

// maxReported bounds the collections that a scrape lists.
const maxReported = 1000

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// machine reports how much of the memory that there is all indexes take, where the system tells.
type machine struct {
	serving func() *engine.Engine
	options Options
}

var (
	limitDesc     = prometheus.NewDesc("pinax_memory_limit_bytes", "Memory that this process may share in: the cgroup's or the machine's.", nil, nil)
	availableDesc = prometheus.NewDesc("pinax_memory_available_bytes", "What can still be taken of it.", nil, nil)
	shareDesc     = prometheus.NewDesc("pinax_index_memory_ratio", "Memory of all indexes, divided by the limit.", nil, nil)
	highDesc      = prometheus.NewDesc("pinax_index_memory_high", "1 when that is over 0.8.", nil, nil)
)

// Describe implements prometheus.Collector.
func (machine) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{limitDesc, availableDesc, shareDesc, highDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c machine) Collect(ch chan<- prometheus.Metric) {
	m := c.options.memory()
	if m == nil {
		return
	}
	ch <- gauge(limitDesc, float64(m.LimitBytes))
	ch <- gauge(availableDesc, float64(m.AvailableBytes))
	e := c.serving()
	if e == nil {
		return
	}
	u, err := e.Usage(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(shareDesc, err)
		return
	}
	share, high := m.share(u.IndexBytes), 0.0
	if share > HighMemory {
		high = 1
	}
	ch <- gauge(shareDesc, share)
	ch <- gauge(highDesc, high)
}
