package batch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// gate is a Run that doubles numbers once it is let, and remembers its batches.
type gate struct {
	entered chan []int // one send a run, when it starts
	leave   chan struct{}

	mu      sync.Mutex
	batches [][]int
}

func newGate() *gate { return &gate{entered: make(chan []int, 100), leave: make(chan struct{}, 100)} }

func (g *gate) run(items []int) ([]int, error) {
	batch := append([]int(nil), items...)
	g.mu.Lock()
	g.batches = append(g.batches, batch)
	g.mu.Unlock()
	g.entered <- batch
	<-g.leave
	return double(items)
}

func double(items []int) ([]int, error) {
	results := make([]int, len(items))
	for i, n := range items {
		results[i] = 2 * n
	}
	return results, nil
}

func (g *gate) open() { close(g.leave) }

// submit queues numbers in order and fails the test if one is refused.
func submit(t *testing.T, q *Queue[int, int], numbers ...int) []*Ticket[int, int] {
	t.Helper()
	tickets := make([]*Ticket[int, int], len(numbers))
	for i, n := range numbers {
		var err error
		tickets[i], err = q.Submit(t.Context(), n)
		require.NoError(t, err)
	}
	return tickets
}

func TestRunFailures(t *testing.T) {
	broken := errors.New("broken")
	cases := []struct {
		name string
		run  Run[int, int]
		want func(t *testing.T, err error)
	}{
		{"error", func([]int) ([]int, error) { return nil, broken },
			func(t *testing.T, err error) { require.ErrorIs(t, err, broken) }},
		{"panic", func([]int) ([]int, error) { panic("boom") },
			func(t *testing.T, err error) {
				var p *PanicError
				require.ErrorAs(t, err, &p)
				require.Equal(t, "boom", p.Value)
				require.Contains(t, string(p.Stack), "queue_test.go")
			}},
		{"too few results", func([]int) ([]int, error) { return nil, nil },
			func(t *testing.T, err error) { require.ErrorContains(t, err, "0 results for 1 items") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			failing := true
			q := New(Options{}, func(items []int) ([]int, error) {
				if failing {
					return c.run(items)
				}
				return double(items)
			})
			defer q.Close()
			_, err := q.Do(t.Context(), 1)
			c.want(t, err)
			failing = false
			got, err := q.Do(t.Context(), 2)
			require.NoError(t, err, "the worker goes on")
			require.Equal(t, 4, got)
		})
	}
}

func TestIdleWorkerTakesAtOnce(t *testing.T) {
	g := newGate()
	q := New(Options{MaxItems: 8, Workers: 1}, g.run)
	submit(t, q, 1)
	require.Equal(t, []int{1}, <-g.entered, "a lone item does not wait for company")
	g.open()
	q.Close()
}

func TestBusyWorkerBuildsBatches(t *testing.T) {
	g := newGate()
	q := New(Options{MaxItems: 3, Workers: 1, Capacity: 10}, g.run)
	submit(t, q, 0)
	<-g.entered
	tickets := submit(t, q, 1, 2, 3, 4, 5)
	g.open()
	for i, ticket := range tickets {
		got, err := ticket.Wait()
		require.NoError(t, err)
		require.Equal(t, 2*(i+1), got)
	}
	q.Close()
	require.Equal(t, [][]int{{0}, {1, 2, 3}, {4, 5}}, g.batches, "oldest first")
}

func TestFull(t *testing.T) {
	g := newGate()
	q := New(Options{MaxItems: 2, Capacity: 2, MaxBlocked: 1}, g.run)
	submit(t, q, 0)
	<-g.entered
	submit(t, q, 1, 2)
	blocked := make(chan error)
	go func() {
		_, err := q.Do(t.Context(), 3)
		blocked <- err
	}()
	for _, n := q.Waiting(); n == 0; _, n = q.Waiting() {
		runtime.Gosched()
	}
	_, err := q.Submit(t.Context(), 4)
	require.ErrorIs(t, err, ErrFull)
	g.open()
	require.NoError(t, <-blocked, "the blocked caller gets room")
	_, err = q.Do(t.Context(), 5)
	require.NoError(t, err)
	q.Close()
}

// TestFullTellsHowLong lets items take 40 ms, so that what waits for one worker takes so many times that.
func TestFullTellsHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := func(items []int) ([]int, error) {
			time.Sleep(time.Duration(len(items)) * 40 * time.Millisecond)
			return double(items)
		}
		q := New(Options{MaxItems: 2, Capacity: 6}, run)
		fill := func() *FullError {
			for n := 0; ; n++ {
				if _, err := q.Submit(t.Context(), n); err != nil {
					var full *FullError
					require.ErrorAs(t, err, &full)
					require.ErrorIs(t, err, ErrFull)
					return full
				}
			}
		}
		require.Zero(t, fill().Wait, "it has no pace yet")
		time.Sleep(time.Hour)
		require.Equal(t, 6*40*time.Millisecond, fill().Wait)
		q.Close()

		q = New(Options{Workers: 4, Capacity: 6}, run)
		_, err := q.Do(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, 6*10*time.Millisecond, fill().Wait, "four at once")
		q.Close()
	})
}

func TestCancelledItemsAreDropped(t *testing.T) {
	g := newGate()
	q := New(Options{MaxItems: 8, Capacity: 8, MaxBlocked: 8}, g.run)
	submit(t, q, 0)
	<-g.entered
	ctx, cancel := context.WithCancel(t.Context())
	waited, err := q.Submit(ctx, 1) // its caller waits
	require.NoError(t, err)
	_, err = q.Submit(ctx, 2) // its caller has forgotten it
	require.NoError(t, err)
	kept := submit(t, q, 3)
	cancel()
	_, err = waited.Wait()
	require.ErrorIs(t, err, context.Canceled)
	_, err = q.Submit(ctx, 4)
	require.ErrorIs(t, err, context.Canceled)
	g.open()
	got, err := kept[0].Wait()
	require.NoError(t, err)
	require.Equal(t, 6, got)
	q.Close()
	require.Equal(t, [][]int{{0}, {3}}, g.batches)
}

func TestCancelWhileBlocked(t *testing.T) {
	g := newGate()
	q := New(Options{Capacity: 1, MaxBlocked: 2}, g.run)
	submit(t, q, 0)
	<-g.entered
	waiting := submit(t, q, 1)
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan error)
	go func() {
		_, err := q.Submit(ctx, 2)
		refused <- err
	}()
	for _, n := q.Waiting(); n == 0; _, n = q.Waiting() {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-refused, context.Canceled)
	_, blocked := q.Waiting()
	require.Zero(t, blocked)
	g.open()
	_, err := waiting[0].Wait()
	require.NoError(t, err)
	q.Close()
	require.Equal(t, [][]int{{0}, {1}}, g.batches)
}

func TestCancelWhileRunning(t *testing.T) {
	g := newGate()
	q := New(Options{}, g.run)
	ctx, cancel := context.WithCancel(t.Context())
	ticket, err := q.Submit(ctx, 1)
	require.NoError(t, err)
	<-g.entered
	cancel()
	_, err = ticket.Wait()
	require.ErrorIs(t, err, context.Canceled, "the caller does not wait for the run")
	g.open()
	q.Close()
}

func TestCloseDrains(t *testing.T) {
	g := newGate()
	q := New(Options{MaxItems: 2, Capacity: 2, MaxBlocked: 1}, g.run)
	submit(t, q, 0)
	<-g.entered
	tickets := submit(t, q, 1, 2)
	blocked := make(chan error)
	go func() {
		_, err := q.Submit(t.Context(), 3)
		blocked <- err
	}()
	for _, n := q.Waiting(); n == 0; _, n = q.Waiting() {
		runtime.Gosched()
	}
	closed := make(chan struct{})
	go func() { q.Close(); close(closed) }()
	require.ErrorIs(t, <-blocked, ErrClosed)
	_, err := q.Submit(t.Context(), 4)
	require.ErrorIs(t, err, ErrClosed)
	g.open()
	<-closed
	for _, ticket := range tickets {
		_, err := ticket.Wait()
		require.NoError(t, err, "what was accepted is run")
	}
	q.Close()
}

func TestMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		g.open()
		q := New(Options{MaxItems: 3, Workers: 2, Capacity: 9, MaxWait: 10 * time.Millisecond}, g.run)
		start := time.Now()
		submit(t, q, 1)
		time.Sleep(4 * time.Millisecond)
		submit(t, q, 2)
		require.Equal(t, []int{1, 2}, <-g.entered)
		require.Equal(t, 10*time.Millisecond, time.Since(start), "counted from the oldest item")

		start = time.Now()
		submit(t, q, 3, 4, 5)
		require.Equal(t, []int{3, 4, 5}, <-g.entered)
		require.Zero(t, time.Since(start), "a full batch does not wait")

		submit(t, q, 6)
		synctest.Wait()
		q.Close()
		require.Equal(t, []int{6}, <-g.entered)
		require.Zero(t, time.Since(start), "nor does anything once the queue closes")
	})
}

// TestFairness lets one caller with many items compete with one that has a single item: the second waits for one batch
// and the queue's length, not for all that the first has.
func TestFairness(t *testing.T) {
	var served atomic.Int64
	q := New(Options{MaxItems: 4, Capacity: 8, MaxBlocked: 8}, func(items []int) ([]int, error) {
		served.Add(int64(len(items)))
		return double(items)
	})
	defer q.Close()
	const many = 20_000
	var greedy sync.WaitGroup
	greedy.Go(func() {
		tickets := make([]*Ticket[int, int], many)
		for i := range tickets {
			tickets[i], _ = q.Submit(t.Context(), i)
		}
		for _, ticket := range tickets {
			_, err := ticket.Wait()
			if err != nil {
				t.Error(err)
			}
		}
	})
	for served.Load() == 0 {
		runtime.Gosched()
	}
	before := served.Load()
	_, err := q.Do(t.Context(), 7)
	require.NoError(t, err)
	t.Logf("served %d items of the other caller meanwhile, of %d", served.Load()-before, many)
	greedy.Wait()
	require.EqualValues(t, many+1, served.Load())
}

// TestRandomCallers checks every result, and that nothing is run twice or lost, while callers come, go and give up.
func TestRandomCallers(t *testing.T) {
	var mu sync.Mutex
	runs := map[int]int{}
	q := New(Options{MaxItems: 5, Workers: 3, Capacity: 10, MaxBlocked: 20}, func(items []int) ([]int, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, n := range items {
			runs[n]++
		}
		if rand.IntN(10) == 0 {
			panic("sometimes")
		}
		return double(items)
	})
	var callers sync.WaitGroup
	var done, full, cancelled, panicked atomic.Int64
	for c := range 32 {
		callers.Go(func() {
			for i := range 200 {
				n := c*1000 + i
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(4) == 0 {
					time.AfterFunc(time.Duration(rand.IntN(200))*time.Microsecond, cancel)
				}
				got, err := q.Do(ctx, n)
				cancel()
				var p *PanicError
				switch {
				case err == nil:
					done.Add(1)
					if got != 2*n {
						t.Errorf("%d gave %d", n, got)
					}
				case errors.Is(err, ErrFull):
					full.Add(1)
				case errors.Is(err, context.Canceled):
					cancelled.Add(1)
				case errors.As(err, &p):
					panicked.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	q.Close()
	t.Log("done", done.Load(), "full", full.Load(), "cancelled", cancelled.Load(), "panicked", panicked.Load())
	require.EqualValues(t, 32*200, done.Load()+full.Load()+cancelled.Load()+panicked.Load())
	for n, times := range runs {
		require.Equal(t, 1, times, "item %d", n)
	}
}

func BenchmarkDo(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			q := New(Options{MaxItems: 16, Workers: 2, Capacity: 256, MaxBlocked: 256}, double)
			defer q.Close()
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := q.Do(b.Context(), 1); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
