//go:build unix

package embedded

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index/indextest"
	"pinax/storage/backendtest"
)

// BenchmarkNearest searches 100,000 vectors of 256 numbers, which an index keeps in full or reads back from the database.
func BenchmarkNearest(b *testing.B) {
	const rows, queries, dimension, batch = 100_000, 500, 256, 1000
	all := indextest.Clustered(rand.New(rand.NewPCG(1, 1)), rows+queries, dimension)
	for _, c := range []struct{ quantizer, memory string }{{"none", "full"}, {"int8", "full"}, {"int8", "codes"}, {"f16", "codes"}} {
		b.Run(c.quantizer+" "+c.memory, func(b *testing.B) {
			o := testOptions()
			o.CheckpointInterval, o.CheckpointEntries = 0, 0
			s, err := Open(b.Context(), b.TempDir(), o)
			require.NoError(b, err)
			defer s.Close()
			require.NoError(b, s.CreateCollection(b.Context(), engine.Collection{
				Name: "shop", Encoder: engine.EncoderRef{Dimension: dimension},
				Index: engine.IndexConfig{Kind: "hnsw", Quantizer: c.quantizer, Memory: c.memory},
			}))
			for at := 0; at < rows; at += batch {
				writes := make([]engine.Write, batch)
				for i := range writes {
					writes[i].Record.Item.ID = "sku-" + strconv.Itoa(at+i)
					writes[i].Record.Entries = backendtest.Entries(engine.ModalityImage, all[at+i])
				}
				_, err := s.Upsert(b.Context(), "shop", writes)
				require.NoError(b, err)
			}
			benchmarkSearch(b, s, all[rows:])
		})
	}
}

// benchmarkSearch asks for the ten nearest of each query in turn.
func benchmarkSearch(b *testing.B, s *Store, queries [][]float32) {
	for _, v := range queries { // so that what is read from the database is in memory
		_, err := s.Nearest(b.Context(), "shop", engine.VectorQuery{Vector: v, Modality: engine.ModalityImage, Limit: 10})
		require.NoError(b, err)
	}
	b.ResetTimer()
	cpu := cpuTime(b)
	for i := range b.N {
		q := engine.VectorQuery{Vector: queries[i%len(queries)], Modality: engine.ModalityImage, Limit: 10}
		if _, err := s.Nearest(b.Context(), "shop", q); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-µs/search")
}
