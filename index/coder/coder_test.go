package coder_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
	"pinax/index/coder"
	"pinax/index/indextest"
)

func TestConformance(t *testing.T) {
	// No recall is asked of it: see the package's documentation.
	indextest.Run(t, func(dimension int, seed uint64) index.Index {
		o := coder.DefaultOptions(dimension)
		o.ExactBelow, o.Seed = -1, seed
		x, err := coder.New(o)
		require.NoError(t, err)
		return x
	}, indextest.Options{Steps: 300})
}

func TestNewRefusesBadOptions(t *testing.T) {
	for name, o := range map[string]coder.Options{
		"no dimension": {},
		"one link":     {Dimension: 4, M: 1},
		"negative ef":  {Dimension: 4, EfSearch: -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coder.New(o)
			require.Error(t, err)
		})
	}
}
