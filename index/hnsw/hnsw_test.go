package hnsw

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

// newIndex returns an index that walks its graph however small it is.
func newIndex(t testing.TB, dimension int, seed uint64) *Index {
	o := DefaultOptions(dimension)
	o.ExactBelow, o.Seed, o.Workers = -1, seed, 1
	x, err := New(o)
	require.NoError(t, err)
	return x
}

// allOf yields vectors with their places as keys.
func allOf(list [][]float32) iter.Seq2[uint64, []float32] {
	return func(yield func(uint64, []float32) bool) {
		for i, v := range list {
			if !yield(uint64(i), v) {
				return
			}
		}
	}
}

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		quantizer string
		workers   int
	}{{"int8", 4}, {"none", 1}, {"f16", 1}, {"none", 4}, {"int8", 1}, {"int4", 4}} {
		t.Run(fmt.Sprintf("%s %d", c.quantizer, c.workers), func(t *testing.T) {
			o := indextest.Options{MinRecall: 0.99, Unit: c.quantizer != "none"}
			if testing.Short() {
				if c.quantizer == "int8" && c.workers == 1 || c.quantizer == "none" && c.workers == 4 {
					t.Skip("another case has each of both; skipped by -short")
				}
				o.Steps = 150
			}
			indextest.Run(t, func(dimension int, seed uint64) index.Index {
				o := DefaultOptions(dimension)
				o.ExactBelow, o.Seed, o.Workers, o.Quantizer = -1, seed, c.workers, c.quantizer
				return newIndexOf(t, o)
			}, o)
		})
	}
}
