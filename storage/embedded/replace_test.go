package embedded

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index"
)

// TestReplacedItemIsNeverMissing searches for an item all the time while it gets one vector after another, each near enough
// to the query to be found first.
func TestReplacedItemIsNeverMissing(t *testing.T) {
	for _, memory := range []string{index.MemoryCodes, index.MemoryFull} {
		t.Run(memory, func(t *testing.T) {
			const writes, searchesBeside = 60, 300
			s := openTest(t, t.TempDir())
			createQuantized(t, s, memory)
			addToShop(t, s, "item", 400)
			target := addToShop(t, s, "x", 1)[0].Record
			query := target.Entries[0].Vector

			var searched, missing atomic.Int64
			var ended atomic.Bool
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					for !ended.Load() {
						found, err := s.Nearest(t.Context(), "shop", engine.VectorQuery{
							Modality: engine.ModalityImage, Vector: query, Limit: 5,
						})
						isTarget := func(m engine.Match) bool { return m.ID == target.Item.ID }
						if err != nil || !slices.ContainsFunc(found, isTarget) {
							missing.Add(1)
						}
						searched.Add(1)
					}
				})
			}
			for n := 0; n < writes || searched.Load() < searchesBeside; n++ {
				vector := slices.Clone(query)
				vector[n%len(vector)] += 0.001
				w := engine.Write{Record: target}
				w.Record.Entries = []engine.Entry{{Modality: engine.ModalityImage, Vector: vector}}
				if err := upsertOne(t, s, w); err != nil {
					t.Error(err)
					break
				}
			}
			ended.Store(true)
			wg.Wait()
			require.Zero(t, missing.Load(), "of %d searches", searched.Load())
		})
	}
}

// TestReplacedEntryWaitsForSearches replaces an entry between the moment when a search has found it and the moment when the
// search asks whose it is. The entry stays until then.
func TestReplacedEntryWaitsForSearches(t *testing.T) {
	x := &watchedIndex{added: make(chan struct{}, 1), deleted: make(chan struct{}, 1)}
	o := testOptions()
	o.NewIndex = func(c engine.IndexConfig, dimension int, source index.Source) (index.Index, error) {
		inner, err := indexOfKind(c, dimension, source)
		return &watchedIndex{Index: inner, watcher: x}, err
	}
	s, err := Open(t.Context(), t.TempDir(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	fillShop(t, s, 1)
	<-x.added
	w := addedTo("item", 1)[0]
	query := engine.VectorQuery{Modality: engine.ModalityImage, Vector: w.Record.Entries[0].Vector, Limit: 1}
	var writing sync.WaitGroup
	early := false
	x.found = func() {
		x.found = nil
		w.Record.Entries = addedTo("other", 1)[0].Record.Entries
		writing.Go(func() { _ = upsertOne(t, s, w) })
		<-x.added
		select {
		case <-x.deleted:
			early = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	found, err := s.Nearest(t.Context(), "shop", query)
	require.NoError(t, err)
	require.False(t, early, "the entry is deleted while a search is at it")
	require.Len(t, found, 1)
	require.InDelta(t, 1, found[0].Score, 1e-6)
	writing.Wait()
	<-x.deleted
}

// watchedIndex tells its watcher what it has done.
type watchedIndex struct {
	index.Index
	watcher        *watchedIndex
	found          func()
	added, deleted chan struct{}
}

func (x *watchedIndex) Search(ctx context.Context, q []float32, o index.SearchOptions) ([]index.Neighbour, error) {
	found, err := x.Index.Search(ctx, q, o)
	if x.watcher.found != nil {
		x.watcher.found()
	}
	return found, err
}

func (x *watchedIndex) Add(keys []uint64, vectors [][]float32) error {
	defer func() { x.watcher.added <- struct{}{} }()
	return x.Index.Add(keys, vectors)
}

func (x *watchedIndex) Delete(keys []uint64) int {
	defer func() { x.watcher.deleted <- struct{}{} }()
	return x.Index.Delete(keys)
}
