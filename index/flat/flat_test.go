package flat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/flat"
	"pinax/index/indextest"
)

func TestConformance(t *testing.T) {
	indextest.Run(t, func(dimension int, _ uint64) index.Index {
		x, err := flat.New(dimension)
		require.NoError(t, err)
		return x
	}, indextest.Options{MinRecall: 1})
}

func TestNewRefusesBadDimensions(t *testing.T) {
	for _, dimension := range []int{0, -1} {
		_, err := flat.New(dimension)
		require.Error(t, err)
	}
}
