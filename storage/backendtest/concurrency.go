package backendtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

// everythingAtOnce writes, deletes, reads and searches from many goroutines. Each owns some ids, so it knows what it
// must find there.
func everythingAtOnce(f *fixture) {
	f.create(shop)
	ctx := f.Context()
	const workers, steps = 8, 40
	last := make([]map[string]engine.Record, workers)
	var g errgroup.Group
	for w := range workers {
		last[w] = make(map[string]engine.Record)
		r := rand.New(rand.NewPCG(9, uint64(w)))
		g.Go(func() error {
			for range steps {
				id := fmt.Sprintf("item-%d-%d", w, r.IntN(8))
				if err := f.step(r, id, last[w]); err != nil {
					return fmt.Errorf("%s: %w", id, err)
				}
			}
			return nil
		})
	}
	require.NoError(f, g.Wait())
	check := func() {
		items, entries := 0, 0
		for _, mine := range last {
			for id, want := range mine {
				items, entries = items+1, entries+len(want.Entries)
				require.Equal(f, want.Entries, f.get(id).Entries)
			}
		}
		require.Equal(f, items, f.stats().Items)
		require.Equal(f, entries, f.stats().Entries[engine.ModalityImage].Vectors)
		require.NoError(f, f.backend.Health(ctx))
	}
	check()
	f.restart()
	check()
}

// step does one random thing to an item and checks what it can.
func (f *fixture) step(r *rand.Rand, id string, mine map[string]engine.Record) error {
	ctx := f.Context()
	if r.IntN(4) == 0 {
		n, err := f.backend.Delete(ctx, shop, []string{id})
		if _, ok := mine[id]; err != nil || (n == 1) != ok {
			return fmt.Errorf("deleted %d: %w", n, err)
		}
		delete(mine, id)
		return nil
	}
	record := item(id, Unit(r, dimension), Unit(r, dimension))
	blob, image := Picture(r, 50)
	if r.IntN(2) == 0 {
		blob, image = Picture(rand.New(rand.NewPCG(0, uint64(r.IntN(3)))), 50) // one that others have too
	}
	record.Item.Images = []engine.Image{image}
	outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: record, Blobs: []engine.Blob{blob}}})
	if err == nil {
		err = outcomes[0].Err
	}
	if err != nil {
		return err
	}
	mine[id] = record
	matches, err := f.backend.Nearest(ctx, shop, engine.VectorQuery{
		Vector: record.Entries[1].Vector, Modality: engine.ModalityImage, Limit: 3,
	})
	if err != nil || len(matches) == 0 || matches[0].ID != id {
		return fmt.Errorf("not found by its own vector: %v, %w", matches, err)
	}
	file, err := f.backend.OpenBlob(ctx, blob.SHA256)
	if err != nil {
		return err
	}
	return file.Close()
}

// droppingUnderLoad drops and makes a collection again and again while others use it. They may be told that it does not
// exist, and nothing else.
func droppingUnderLoad(f *fixture) {
	c := f.create(shop)
	ctx := f.Context()
	done := make(chan struct{})
	var users errgroup.Group
	for w := range 4 {
		r := rand.New(rand.NewPCG(10, uint64(w)))
		users.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				default:
				}
				if err := f.use(r); err != nil && engine.CodeOf(err) != engine.CodeNotFound {
					return err
				}
			}
		})
	}
	stop := sync.OnceValue(func() error { close(done); return users.Wait() })
	defer func() { _ = stop() }() // when a requirement below fails
	for range 10 {
		require.NoError(f, f.backend.DropCollection(ctx, shop))
		require.NoError(f, f.backend.CreateCollection(ctx, c))
	}
	require.NoError(f, stop())
	f.restart()
	listed, err := f.backend.List(ctx, shop, "", 1000)
	require.NoError(f, err)
	require.Len(f, listed, f.stats().Items)
}

// use writes, searches and deletes a little.
func (f *fixture) use(r *rand.Rand) error {
	ctx := f.Context()
	record := item(fmt.Sprint("item-", r.IntN(20)), Unit(r, dimension))
	blob, image := Picture(r, 20)
	record.Item.Images = []engine.Image{image}
	outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: record, Blobs: []engine.Blob{blob}}})
	if err != nil {
		return err
	}
	_, searchErr := f.backend.Nearest(ctx, shop, engine.VectorQuery{
		Vector: Unit(r, dimension), Modality: engine.ModalityImage, Limit: 5,
	})
	_, deleteErr := f.backend.Delete(ctx, shop, []string{fmt.Sprint("item-", r.IntN(20))})
	failures := slices.DeleteFunc([]error{outcomes[0].Err, searchErr, deleteErr}, func(err error) bool {
		return engine.CodeOf(err) == engine.CodeNotFound
	})
	return errors.Join(failures...)
}
