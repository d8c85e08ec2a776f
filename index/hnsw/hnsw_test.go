package hnsw

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/indextest"
)

// newIndex returns an index that walks its graph however small it is.
func newIndex(t testing.TB, dimension int, seed uint64) *Index {
	o := DefaultOptions(dimension)
	o.ExactBelow, o.Seed = -1, seed
	x, err := New(o)
	require.NoError(t, err)
	return x
}

func TestConformance(t *testing.T) {
	indextest.Run(t, func(dimension int, seed uint64) index.Index {
		return newIndex(t, dimension, seed)
	}, indextest.Options{MinRecall: 0.99})
}
