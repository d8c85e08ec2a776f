//go:build unix

package embedded

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pinax/engine"
	"pinax/index"
	"pinax/index/flat"
	"pinax/storage/backendtest"
)

// BenchmarkUpsert writes single records with a picture of 2 KB and two vectors of 256 numbers from 64 goroutines. It
// reports the time of each stage an item; they overlap, so their sum may exceed the time an item.
func BenchmarkUpsert(b *testing.B) {
	for place, inline := range map[string]int{"file": 0, "database": 64 << 10} {
		for _, kind := range []string{"unlinked", "flat", "hnsw"} {
			b.Run(place+"/"+kind, func(b *testing.B) { benchmarkUpsert(b, kind, inline) })
		}
	}
}

func benchmarkUpsert(b *testing.B, kind string, inline int) {
	const callers = 64
	stages := new(stageTimes)
	o := testOptions()
	o.Observer, o.InlinePictures = stages, inline
	if kind == "unlinked" {
		o.NewIndex = func(engine.IndexConfig, int, index.Source) (index.Index, error) { return newUnlinked(256) }
	}
	s, err := Open(b.Context(), b.TempDir(), o)
	require.NoError(b, err)
	defer s.Close()
	info := engine.Collection{Name: "shop", Encoder: engine.EncoderRef{Dimension: 256}, Index: engine.IndexConfig{Kind: kind}}
	require.NoError(b, s.CreateCollection(b.Context(), info))

	writes := benchmarkWrites(b.N)
	b.ResetTimer()
	start, cpu := time.Now(), cpuTime(b)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				outcomes, err := s.Upsert(b.Context(), "shop", writes[i:i+1])
				if err != nil || outcomes[0].Err != nil {
					b.Error(err, outcomes)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "items/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/item")
	stages.report(b)
}

// cpuTime is what the process has used, which says more than the clock on a machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkWrites(n int) []engine.Write {
	r := rand.New(rand.NewPCG(1, 1))
	writes := make([]engine.Write, n)
	for i := range writes {
		blob, image := backendtest.Picture(r, 2048)
		writes[i] = engine.Write{
			Record: engine.Record{
				Item: engine.Item{
					ID:         "sku-" + strconv.Itoa(r.IntN(1<<40)),
					Texts:      map[string]string{"title": fmt.Sprint("Turtle check men navy blue shirt ", i)},
					Images:     []engine.Image{image},
					Attributes: map[string]any{"brand": "Turtle", "gender": "Men", "colour": "Navy Blue", "season": "Fall"},
				},
				Entries: append(backendtest.Entries(engine.ModalityImage, backendtest.Unit(r, 256)),
					backendtest.Entries(engine.ModalityText, backendtest.Unit(r, 256))...),
			},
			Blobs: []engine.Blob{blob},
		}
	}
	return writes
}

// unlinked is an index whose Add costs nothing.
type unlinked struct{ index.Index }

func newUnlinked(dimension int) (index.Index, error) {
	x, err := flat.New(index.VectorOptions{Dimension: dimension})
	return unlinked{x}, err
}

func (unlinked) Add([]uint64, [][]float32) error { return nil }

// stageTimes adds up what the observer is told.
type stageTimes struct {
	mu    sync.Mutex
	took  map[engine.Stage]time.Duration
	calls map[engine.Stage]int
}

func (s *stageTimes) Observe(stage engine.Stage, took time.Duration, _ int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.took == nil {
		s.took, s.calls = make(map[engine.Stage]time.Duration), make(map[engine.Stage]int)
	}
	s.took[stage] += took
	s.calls[stage]++
}

func (s *stageTimes) report(b *testing.B) {
	for _, stage := range []engine.Stage{engine.StageBlob, engine.StageCommit, engine.StageLink} {
		b.ReportMetric(float64(s.took[stage].Microseconds())/float64(b.N), string(stage)+"-µs/item")
	}
	b.ReportMetric(float64(b.N)/float64(max(1, s.calls[engine.StageCommit])), "items/commit")
}
