package flat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/flat"
	"pinax/index/indextest"
)

func TestConformance(t *testing.T) {
	for _, quantizer := range []string{"none", "f16", "int8", "int4"} {
		t.Run(quantizer, func(t *testing.T) {
			indextest.Run(t, func(dimension int, _ uint64) index.Index {
				x, err := flat.New(index.VectorOptions{Dimension: dimension, Quantizer: quantizer})
				require.NoError(t, err)
				return x
			}, indextest.Options{MinRecall: 1, Unit: quantizer != "none"})
		})
	}
}

func TestNewRefusesBadDimensions(t *testing.T) {
	for _, dimension := range []int{0, -1} {
		_, err := flat.New(index.VectorOptions{Dimension: dimension})
		require.Error(t, err)
	}
}
