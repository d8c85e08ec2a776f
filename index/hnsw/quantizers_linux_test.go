package hnsw

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pinax/index"
	"pinax/index/distance"
)

// BenchmarkQuantizers makes the table of docs/adr/0008-quantizers.md: what each quantizer takes, finds and costs. The
// quantizers take turns, and the times are medians of CPU time on one thread. Vectors are those of
//
//	PINAX_BENCH_VECTORS=file.f32 PINAX_BENCH_QUERIES=file.f32 PINAX_BENCH_DIMENSION=256 PINAX_BENCH_ROWS=100000
//
// as bench/ann draws them (make bench-ann), or else 20,000 clustered ones. Run it with -benchtime 1x.
func BenchmarkQuantizers(b *testing.B) {
	if b.N > 1 {
		b.Skip("one pass has all the repeats that it needs: -benchtime 1x")
	}
	c := newComparison(b)
	for _, quantizer := range []string{"none", "f16", "int8", "int4"} {
		c.build(quantizer)
	}
	b.ResetTimer()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, q := range c.quantized {
		q.scan(c)
	}
	for range comparedRounds {
		for _, ef := range comparedEfs {
			for _, q := range c.quantized {
				q.measure(c, ef)
			}
		}
	}
	b.Log(c.table())
}

const comparedRounds = 5

var comparedEfs = []int{10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512}

// comparison holds what is compared, over the same vectors.
type comparison struct {
	b             *testing.B
	rows, queries [][]float32
	truth         []map[uint64]bool
	quantized     []*quantized
}

// quantized is an index with what is known of it.
type quantized struct {
	name   string
	index  *Index
	build  time.Duration // CPU time
	read   int           // vectors from the source, in all
	points map[int]*point
	exact  float64 // vectors scored again for an exact search
}

// point is an index at an ef.
type point struct {
	recall  float64
	reads   float64 // vectors scored again for a query
	seconds []float64
}

func newComparison(b *testing.B) *comparison {
	c := &comparison{b: b, rows: benchData().rows, queries: benchData().queries}
	if file := os.Getenv("PINAX_BENCH_VECTORS"); file != "" {
		dimension, err := strconv.Atoi(os.Getenv("PINAX_BENCH_DIMENSION"))
		require.NoError(b, err)
		most := math.MaxInt
		if s := os.Getenv("PINAX_BENCH_ROWS"); s != "" {
			most, err = strconv.Atoi(s)
			require.NoError(b, err)
		}
		c.rows = vectorsOf(b, file, dimension, most)
		c.queries = vectorsOf(b, os.Getenv("PINAX_BENCH_QUERIES"), dimension, 500)
	}
	for _, q := range c.queries {
		c.truth = append(c.truth, nearestOf(c.rows, q))
	}
	return c
}

// vectorsOf maps a file of raw float32.
func vectorsOf(b *testing.B, name string, dimension, most int) [][]float32 {
	f, err := os.Open(name)
	require.NoError(b, err)
	defer func() { require.NoError(b, f.Close()) }()
	info, err := f.Stat()
	require.NoError(b, err)
	n := min(int(info.Size())/(4*dimension), most)
	data, err := unix.Mmap(int(f.Fd()), 0, 4*n*dimension, unix.PROT_READ, unix.MAP_SHARED)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, unix.Munmap(data)) })
	return slices.Collect(slices.Chunk(unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(data))), n*dimension), dimension))
}

// nearestOf returns the places of the ten rows with the greatest inner product.
func nearestOf(rows [][]float32, query []float32) map[uint64]bool {
	var best heap
	for i, row := range rows {
		if c := newCandidate(distance.Dot(query, row), uint32(i)); len(best) < 10 {
			best.push(c)
		} else if c > best[0] {
			best.replaceRoot(c)
		}
	}
	found := map[uint64]bool{}
	for _, c := range best {
		found[uint64(c.slot())] = true
	}
	return found
}

// build links all rows on one thread. Full vectors are read from a source, so that the reads can be counted.
func (c *comparison) build(quantizer string) {
	q := &quantized{name: quantizer, points: map[int]*point{}}
	o := DefaultOptions(len(c.rows[0]))
	o.Quantizer, o.ExactBelow, o.Workers, o.Memory = quantizer, -1, 1, index.MemoryCodes
	o.Source = func(keys []uint64, use func(i int, vector []float32)) error {
		q.read += len(keys)
		for i, key := range keys {
			use(i, c.rows[key])
		}
		return nil
	}
	q.index = newIndexOf(c.b, o)
	keys := make([]uint64, len(c.rows))
	for i := range keys {
		keys[i] = uint64(i)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	require.NoError(c.b, q.index.Add(keys, c.rows))
	q.build = threadTime() - start
	c.quantized = append(c.quantized, q)
}

// scan counts what an exact search must read to be sure.
func (q *quantized) scan(c *comparison) {
	queries := c.queries[:min(50, len(c.queries))]
	q.read = 0
	for _, query := range queries {
		_, err := q.index.Search(context.Background(), query, index.SearchOptions{K: 10, Exact: true})
		require.NoError(c.b, err)
	}
	q.exact = float64(q.read) / float64(len(queries))
}

func (q *quantized) measure(c *comparison, ef int) {
	p := q.points[ef]
	if p == nil {
		p = &point{}
		q.points[ef] = p
	}
	hits := 0
	q.read = 0
	start := threadTime()
	for i, query := range c.queries {
		found, err := q.index.Search(context.Background(), query, index.SearchOptions{K: 10, Ef: ef})
		require.NoError(c.b, err)
		for _, n := range found {
			if c.truth[i][n.Key] {
				hits++
			}
		}
	}
	n := float64(len(c.queries))
	p.seconds = append(p.seconds, (threadTime()-start).Seconds()/n)
	p.recall, p.reads = float64(hits)/(10*n), float64(q.read)/n
}

// threadTime is the CPU time of the thread that asks.
func threadTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (c *comparison) table() string {
	dimension := len(c.rows[0])
	var out strings.Builder
	fmt.Fprintf(&out, "%d × %d, %d queries, kernels %s\n", len(c.rows), dimension, len(c.queries), distance.Kernels())
	fmt.Fprintln(&out, "| quantizer | bytes: codes | full | build CPU s | recall@10, ef 32 | 64 | 128 | QPS at 0.95 | reads | at 0.99 | reads | reads, exact |")
	fmt.Fprintln(&out, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, q := range c.quantized {
		codes := q.index.Stats().BytesPerVector()
		full := codes + float64(4*dimension)
		if q.name == "none" {
			full = codes
		}
		fmt.Fprintf(&out, "| %s | %.0f | %.0f | %.1f | %.4f | %.4f | %.4f", q.name, codes, full, q.build.Seconds(),
			q.points[32].recall, q.points[64].recall, q.points[128].recall)
		for _, wanted := range []float64{0.95, 0.99} {
			if seconds, reads, ok := q.at(wanted); ok {
				fmt.Fprintf(&out, " | %.0f | %.0f", 1/seconds, reads)
			} else {
				fmt.Fprint(&out, " | not reached | ")
			}
		}
		fmt.Fprintf(&out, " | %.0f |\n", q.exact)
	}
	return out.String()
}

// at returns the seconds and reads of a query at a recall, between the two nearest points.
func (q *quantized) at(recall float64) (seconds, reads float64, ok bool) {
	median := func(p *point) float64 {
		slices.Sort(p.seconds)
		return p.seconds[len(p.seconds)/2]
	}
	for i, ef := range comparedEfs {
		p := q.points[ef]
		switch {
		case p.recall < recall:
			continue
		case i == 0:
			return median(p), p.reads, true
		}
		before := q.points[comparedEfs[i-1]]
		share := (recall - before.recall) / (p.recall - before.recall)
		between := func(a, b float64) float64 { return a + share*(b-a) }
		return between(median(before), median(p)), between(before.reads, p.reads), true
	}
	return 0, 0, false
}
