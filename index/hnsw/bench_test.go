package hnsw

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

const (
	benchRows      = 20_000
	benchQueries   = 500
	benchDimension = 256
)

// benchData is made once for all benchmarks.
var benchData = sync.OnceValue(func() (d struct{ rows, queries [][]float32 }) {
	all := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), benchRows+benchQueries, benchDimension)
	d.rows, d.queries = all[:benchRows], all[benchRows:]
	return d
})

// newBenchIndex links with 128 candidates, as others' benchmarks do.
func newBenchIndex(b *testing.B) *Index {
	return newIndexOf(b, Options{
		VectorOptions:  index.VectorOptions{Dimension: benchDimension, Quantizer: "int8"},
		EfConstruction: 128, ExactBelow: -1, Seed: 1,
	})
}

func benchIndex(b *testing.B) *Index {
	x := newBenchIndex(b)
	for i, v := range benchData().rows {
		require.NoError(b, x.Add([]uint64{uint64(i)}, [][]float32{v}))
	}
	return x
}

// BenchmarkAdd fills an index; the time is that of one vector of 20,000.
func BenchmarkAdd(b *testing.B) {
	rows := benchData().rows
	b.ResetTimer()
	for done := 0; done < b.N; {
		x := newBenchIndex(b)
		for i := 0; i < len(rows) && done < b.N; i, done = i+1, done+1 {
			if err := x.Add([]uint64{uint64(i)}, rows[i:i+1]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
}

// BenchmarkDelete takes single vectors out of an index of 20,000, sweeps included.
func BenchmarkDelete(b *testing.B) {
	x := benchIndex(b)
	rows := benchData().rows
	b.ResetTimer()
	for i := range b.N {
		key := []uint64{uint64(i % benchRows)}
		if x.Delete(key) == 0 {
			b.Fatal("key is missing")
		}
		if x.Len() < benchRows/2 {
			b.StopTimer()
			for j := i - benchRows/2; j <= i; j++ {
				at := j % benchRows
				require.NoError(b, x.Add([]uint64{uint64(at)}, rows[at:at+1]))
			}
			b.StartTimer()
		}
	}
}

// BenchmarkSearch reports the recall beside the speed of one searcher.
func BenchmarkSearch(b *testing.B) {
	x := benchIndex(b)
	for _, o := range []struct {
		name string
		index.SearchOptions
	}{
		{"ef 32", index.SearchOptions{K: 10, Ef: 32}},
		{"ef 64", index.SearchOptions{K: 10, Ef: 64}},
		{"ef 128", index.SearchOptions{K: 10, Ef: 128}},
		{"exact", index.SearchOptions{K: 10, Exact: true}},
		{"1 in 3", index.SearchOptions{K: 10, Ef: 64, Filter: &index.Filter{Accept: func(key uint64) bool { return key%3 == 0 }}}},
		{"1 in 100", index.SearchOptions{K: 10, Ef: 64, Filter: &index.Filter{Accept: func(key uint64) bool { return key%100 == 0 }}}},
	} {
		b.Run(o.name, func(b *testing.B) {
			recall := recallOf(b, x, o.SearchOptions)
			queries := benchData().queries
			b.ResetTimer()
			for i := range b.N {
				if _, err := x.Search(b.Context(), queries[i%len(queries)], o.SearchOptions); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
			b.ReportMetric(recall, "recall@10")
		})
	}
}

func recallOf(b *testing.B, x *Index, o index.SearchOptions) float64 {
	hits, wanted := 0, 0
	for _, q := range benchData().queries {
		found, err := x.Search(b.Context(), q, o)
		require.NoError(b, err)
		exact := o
		exact.Exact = true
		want, err := x.Search(b.Context(), q, exact)
		require.NoError(b, err)
		keys := map[uint64]bool{}
		for _, n := range want {
			keys[n.Key] = true
		}
		wanted += len(want)
		for _, n := range found {
			if keys[n.Key] {
				hits++
			}
		}
	}
	return float64(hits) / float64(wanted)
}
