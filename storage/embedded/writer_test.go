package embedded

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

// holdWriter makes the writer wait until the returned function is called.
func holdWriter(t testing.TB, s *Store) (letGo func()) {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.writer.do(context.WithoutCancel(t.Context()), &job{apply: func(*transaction) error {
			close(held)
			<-hold
			return nil
		}})
	})
	<-held
	return func() { close(hold); wg.Wait() }
}

// TestCallerLeaves ends a call while its write is with the writer. The caller hears that the outcome is unknown; the write is
// stored all the same, with its picture, which nobody may take away meanwhile.
func TestCallerLeaves(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	w, bad := withPicture("a", 1), withPicture("bad", 2)
	bad.Record.Entries[0].Vector = nil
	letGo := holdWriter(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	var leaving sync.WaitGroup
	leaving.Go(func() {
		outcomes, err := s.Upsert(ctx, "shop", []engine.Write{w, bad})
		require.NoError(t, err)
		requireCode(t, engine.CodeOutcomeUnknown, outcomes[0].Err)
		requireCode(t, engine.CodeDimension, outcomes[1].Err)
	})
	leaving.Go(func() {
		_, err := s.Delete(ctx, "shop", []string{"none"})
		requireCode(t, engine.CodeOutcomeUnknown, err)
	})
	require.Eventually(t, func() bool { return len(s.writer.queue) == 2 }, time.Minute, time.Millisecond)
	cancel()
	leaving.Wait()
	settled, err := s.pictures.collect(mustDigest(t, w)) // as a delete of another item with that picture would
	require.NoError(t, err)
	require.False(t, settled)
	letGo()
	_, err = s.Delete(t.Context(), "shop", nil) // comes after them
	require.NoError(t, err)
	requireWhole(t, s, w)
	requireNoOrphans(t, s)
}

// TestFullQueue gives up before the hand-over when the writer is far behind: the write is certainly not stored.
func TestFullQueue(t *testing.T) {
	s := openTest(t, t.TempDir())
	createShop(t, s)
	letGo := holdWriter(t, s)
	var waiting sync.WaitGroup
	for range queueLength {
		waiting.Go(func() { _, _ = s.Delete(t.Context(), "shop", []string{"none"}) })
	}
	require.Eventually(t, func() bool { return len(s.writer.queue) == queueLength }, time.Minute, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := s.Upsert(ctx, "shop", []engine.Write{withPicture("a", 1)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	letGo()
	waiting.Wait()
	_, err = s.Get(t.Context(), "shop", "a")
	requireCode(t, engine.CodeNotFound, err)
	requireNoOrphans(t, s)
}

// TestCloseWaits closes a store while calls are under way: each ends well or is refused, and what ended well is stored.
func TestCloseWaits(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	createShop(t, s)
	stored := make([][]engine.Write, 8)
	var wg sync.WaitGroup
	for i := range stored {
		wg.Go(func() {
			for k := 0; ; k++ {
				w := withPicture(fmt.Sprintf("item-%d-%d", i, k), uint64(1000*i+k))
				if err := upsertOne(t, s, w); err != nil {
					requireCode(t, engine.CodeUnavailable, err)
					return
				}
				stored[i] = append(stored[i], w)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, s.Close())
	wg.Wait()
	require.NoError(t, s.Close())
	s = openTest(t, dir)
	require.Zero(t, s.OpenReport().Linked, "Close writes the graphs")
	for _, writes := range stored {
		for _, w := range writes {
			requireWhole(t, s, w)
		}
	}
	requireNoOrphans(t, s)
}

// TestTwoStartAtOnce lets two processes open one folder at the same moment, again and again: exactly one gets it.
func TestTwoStartAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillShop(t, s, 50)
	require.NoError(t, s.Close())
	for range 10 {
		var stores [2]*Store
		var errs [2]error
		var wg sync.WaitGroup
		for i := range stores {
			wg.Go(func() { stores[i], errs[i] = Open(t.Context(), dir, testOptions()) })
		}
		wg.Wait()
		opened := 0
		for i, s := range stores {
			if errs[i] != nil {
				requireCode(t, engine.CodeUnavailable, errs[i])
				continue
			}
			opened++
			require.NoError(t, s.Close())
		}
		require.Equal(t, 1, opened)
	}
}
