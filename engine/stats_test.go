package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/index"
	"pinax/index/flat"
	"pinax/index/hnsw"
	"pinax/storage/backendtest"
)

// TestEstimateIsWhatIndexesHold builds small indexes of every form and compares.
func TestEstimateIsWhatIndexesHold(t *testing.T) {
	for _, c := range []struct {
		config    engine.IndexConfig
		dimension int
	}{
		{engine.IndexConfig{Quantizer: "int8", Memory: "codes"}, 256},
		{engine.IndexConfig{Quantizer: "int8", Memory: "full"}, 100},
		{engine.IndexConfig{Quantizer: "none", Memory: "full", M: 5}, 64},
		{engine.IndexConfig{Kind: "flat", Quantizer: "int8", Memory: "codes"}, 512},
		{engine.IndexConfig{Kind: "flat", Quantizer: "int8", Memory: "full"}, 512},
		{engine.IndexConfig{Kind: "flat", Quantizer: "f16", Memory: "codes"}, 300},
		{engine.IndexConfig{Kind: "flat", Quantizer: "f16", Memory: "full"}, 256},
		{engine.IndexConfig{Quantizer: "int4", Memory: "codes"}, 256},
		{engine.IndexConfig{Kind: "flat", Quantizer: "int4", Memory: "codes"}, 300},
		{engine.IndexConfig{Kind: "flat", Quantizer: "none", Memory: "codes"}, 256},
		{engine.IndexConfig{Kind: "flat", Quantizer: "none", Memory: "full"}, 33},
	} {
		t.Run(fmt.Sprintf("%s %s %s %d", c.config.Kind, c.config.Quantizer, c.config.Memory, c.dimension), func(t *testing.T) {
			const n = 50_000
			x := buildIndex(t, c.config, c.dimension)
			random := rand.New(rand.NewPCG(1, 1))
			for first := uint64(0); first < n; first += 1000 {
				keys, list := make([]uint64, 1000), make([][]float32, 1000)
				for i := range list {
					keys[i], list[i] = first+uint64(i), backendtest.Unit(random, c.dimension)
				}
				require.NoError(t, x.Add(keys, list))
			}
			s := x.Stats()
			estimate := engine.EstimateBytes(c.config, c.dimension, n)
			t.Logf("estimated %.1f bytes a vector, held %.1f", float64(estimate)/n, s.BytesPerVector())
			require.InEpsilon(t, float64(s.MemoryBytes), float64(estimate), 0.05)
		})
	}
}

func buildIndex(t *testing.T, c engine.IndexConfig, dimension int) index.Index {
	t.Helper()
	o := index.VectorOptions{
		Dimension: dimension, Quantizer: c.Quantizer, Memory: c.Memory,
		Source: func([]uint64, func(int, []float32)) error { return nil },
	}
	var x index.Index
	var err error
	if c.Kind == "flat" {
		x, err = flat.New(o)
	} else {
		x, err = hnsw.New(hnsw.Options{VectorOptions: o, M: c.M, EfConstruction: 1}) // the memory does not depend on it
	}
	require.NoError(t, err)
	return x
}

func TestEstimateAtTheEdges(t *testing.T) {
	c := engine.DefaultOptions().Index
	require.Less(t, engine.EstimateBytes(c, 256, 0), int64(1000))
	require.Equal(t, engine.EstimateBytes(c, 256, 1000), engine.EstimateBytes(engine.IndexConfig{}, 256, 1000), "zero is the default")
	require.Zero(t, engine.VectorsThatFit(c, 256, 0))
	require.Zero(t, engine.VectorsThatFit(c, 256, -1<<40), "more is in use than there may be")
	c.Memory = "codes"
	n := engine.VectorsThatFit(c, 256, 1<<30)
	require.Greater(t, n, 2_000_000)
	require.LessOrEqual(t, engine.EstimateBytes(c, 256, n), int64(1<<30))
	require.Greater(t, engine.VectorsThatFit(c, 256, 1<<62), 1<<50, "no overflow")
}

func TestUsageIsTheSum(t *testing.T) {
	backend := enginetest.NewBackend()
	e, err := engine.New(backend, []engine.Encoder{enginetest.NewEncoder(16)}, engine.DefaultOptions())
	require.NoError(t, err)
	u, err := e.Usage(t.Context())
	require.NoError(t, err)
	require.Zero(t, u)
	for _, name := range []string{"a", "b"} {
		_, err := e.CreateCollection(t.Context(), engine.CollectionInput{Name: name})
		require.NoError(t, err)
		_, err = e.Upsert(t.Context(), name, engine.ItemInput{ID: "1", Texts: map[string]string{"title": "dress", "text": "red"}})
		require.NoError(t, err)
	}
	u, err = e.Usage(t.Context())
	require.NoError(t, err)
	require.Equal(t, engine.Usage{Collections: 2, Items: 2, Vectors: 4, IndexBytes: u.IndexBytes}, u)
	require.Positive(t, u.IndexBytes)
	require.NoError(t, backend.Close())
	_, err = e.Usage(t.Context())
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
}

// TestBytesPerVectorAreThoseOfTheReadme changes with the README and config.yaml.
func TestBytesPerVectorAreThoseOfTheReadme(t *testing.T) {
	for _, c := range []struct {
		dimension int
		memory    string
		stated    float64
	}{{256, "codes", 409}, {256, "full", 1433}, {512, "codes", 665}, {512, "full", 2713}} {
		require.InDelta(t, c.stated, engine.BytesPerVector(engine.IndexConfig{Memory: c.memory}, c.dimension), 0.6)
	}
}
