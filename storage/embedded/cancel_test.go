package embedded

import (
	"context"
	"io"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index"
)

// TestOpenEndsWithItsContext ends the context at every stage of opening, and opens the folder again after.
func TestOpenEndsWithItsContext(t *testing.T) {
	s := openTest(t, t.TempDir())
	fillShop(t, s, 200)
	require.NoError(t, s.checkpointAll(t.Context()))
	addToShop(t, s, "tail", linkBatch+100)
	for name, stage := range map[string]func(x *endingIndex, end context.CancelFunc){
		"before":                    func(_ *endingIndex, end context.CancelFunc) { end() },
		"while a graph is read":     func(x *endingIndex, end context.CancelFunc) { x.restoring = end },
		"while vectors are read":    func(x *endingIndex, end context.CancelFunc) { x.vector = end },
		"while a tail is linked":    func(x *endingIndex, end context.CancelFunc) { x.adding = end },
		"not at all, until the end": func(*endingIndex, context.CancelFunc) {},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			x := &endingIndex{restoring: func() {}, vector: func() {}, adding: func() {}}
			stage(x, end)
			o := testOptions()
			o.NewIndex = func(c engine.IndexConfig, dimension int, source index.Source) (index.Index, error) {
				inner, err := indexOfKind(c, dimension, source)
				return &endingIndex{Index: inner, restoring: x.restoring, vector: x.vector, adding: x.adding}, err
			}
			dir := copyDatabase(t, s)
			opened, err := Open(ctx, dir, o)
			if err == nil {
				end() // the store does not depend on it
				requireWhole(t, opened, addedTo("item", 200)[3])
				require.NoError(t, opened.Close())
				require.Equal(t, "not at all, until the end", name)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			again := openTest(t, dir)
			require.Equal(t, 200, again.OpenReport().Restored)
			require.Zero(t, again.OpenReport().Damaged)
		})
	}
}

// endingIndex says when it is asked for something.
type endingIndex struct {
	index.Index
	restoring, vector, adding func()
}

func (x *endingIndex) Restore(r io.Reader, vectors iter.Seq2[uint64, []float32]) error {
	x.restoring()
	return x.Index.Restore(r, func(yield func(uint64, []float32) bool) {
		x.vector()
		vectors(yield)
	})
}

func (x *endingIndex) Add(keys []uint64, vectors [][]float32) error {
	x.adding()
	return x.Index.Add(keys, vectors)
}
