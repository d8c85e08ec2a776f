package batch

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrFull says that Capacity items and MaxBlocked callers wait already.
	ErrFull = errors.New("the batch queue is full")
	// ErrClosed says that the queue takes nothing more.
	ErrClosed = errors.New("the batch queue is closed")
)

// FullError is an ErrFull that tells when to come back.
type FullError struct {
	// Wait is how long the queue needs for what waits already, at the pace of its latest batches; 0 when it has run none.
	Wait time.Duration
}

// Error implements error.
func (e *FullError) Error() string { return fmt.Sprintf("%v, for about %v", ErrFull, e.Wait) }

// Is makes it an ErrFull.
func (e *FullError) Is(target error) bool { return target == ErrFull }

// Options sizes a queue.
type Options struct {
	MaxItems   int           // most items a run; 0 means 1
	Workers    int           // runs at the same time; 0 means 1
	Capacity   int           // items that wait, those being run not counted; at least MaxItems; 0 means MaxItems × Workers
	MaxBlocked int           // callers that wait in Submit for room; 0 means none: ErrFull as soon as Capacity is reached
	MaxWait    time.Duration // how long an idle worker waits for a batch to fill; 0 means not at all
}

// Run works on one batch and returns one result an item, in order. Its error goes to every item of the batch. It is
// called from Workers goroutines at once and must not keep items.
type Run[T, R any] func(items []T) ([]R, error)

// Queue hands items to a Run in batches, oldest first. It is safe for concurrent use.
type Queue[T, R any] struct {
	options Options
	run     Run[T, R]
	workers sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond // workers wait for it: an item arrived, MaxWait is over, or the queue was closed
	waiting *list.List // of *Ticket[T, R]; at most Capacity
	blocked *list.List // of *Ticket[T, R] whose callers wait in Submit; at most MaxBlocked
	closed  bool
	pace    time.Duration // what a worker needs for an item, averaged over the latest batches; 0: none has run
}

// New starts the workers of a queue. The caller owns it and must Close it.
func New[T, R any](o Options, run Run[T, R]) *Queue[T, R] {
	o.MaxItems = max(1, o.MaxItems)
	o.Workers = max(1, o.Workers)
	if o.Capacity <= 0 {
		o.Capacity = o.MaxItems * o.Workers
	}
	o.Capacity = max(o.Capacity, o.MaxItems) // or batches would never fill
	q := &Queue[T, R]{options: o, run: run, waiting: list.New(), blocked: list.New()}
	q.changed = sync.NewCond(&q.mu)
	for range o.Workers {
		q.workers.Go(q.work)
	}
	return q
}

// Do submits an item and waits for its result.
func (q *Queue[T, R]) Do(ctx context.Context, item T) (R, error) {
	t, err := q.Submit(ctx, item)
	if err != nil {
		var zero R
		return zero, err
	}
	return t.Wait()
}

// Submit queues an item, waiting for room while ctx allows it. It returns a *FullError, ErrClosed or the context's error.
// The item's place is given up when ctx ends before it runs.
//
// One caller with many items should submit them one after another and then wait for each: however many they are, it
// counts as one blocked caller, and callers take turns.
func (q *Queue[T, R]) Submit(ctx context.Context, item T) (*Ticket[T, R], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &Ticket[T, R]{queue: q, ctx: ctx, item: item, done: make(chan struct{})}
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return nil, ErrClosed
	case q.waiting.Len() < q.options.Capacity && q.blocked.Len() == 0:
		q.enqueue(t)
		q.mu.Unlock()
		return t, nil
	case q.blocked.Len() >= q.options.MaxBlocked:
		err := &FullError{Wait: q.backlog()}
		q.mu.Unlock()
		return nil, err
	}
	t.admitted = make(chan error, 1)
	t.place = q.blocked.PushBack(t)
	q.mu.Unlock()

	select {
	case err := <-t.admitted:
		if err != nil {
			return nil, err
		}
		return t, nil
	case <-ctx.Done():
		q.drop(t)
		return nil, ctx.Err()
	}
}

// Close refuses new items, lets the waiting ones run, and returns when all workers have ended. Callers that were still
// blocked get ErrClosed.
func (q *Queue[T, R]) Close() {
	q.mu.Lock()
	q.closed = true
	for q.blocked.Len() > 0 {
		t := q.blocked.Remove(q.blocked.Front()).(*Ticket[T, R])
		t.state = taken
		t.admitted <- ErrClosed
	}
	q.changed.Broadcast()
	q.mu.Unlock()
	q.workers.Wait()
}

// Waiting returns how many items wait and how many callers wait for room.
func (q *Queue[T, R]) Waiting() (items, blocked int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.Len(), q.blocked.Len()
}

// backlog returns how long the workers need for what waits, each blocked caller counting for the one item that it has
// shown. mu is held.
func (q *Queue[T, R]) backlog() time.Duration {
	return q.pace * time.Duration(q.waiting.Len()+q.blocked.Len()) / time.Duration(q.options.Workers)
}

// keepPace counts a batch of n items in. Older ones fade: after eight batches two thirds of the average are newer.
func (q *Queue[T, R]) keepPace(took time.Duration, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	item := took / time.Duration(n)
	if q.pace == 0 {
		q.pace = item
	}
	q.pace += (item - q.pace) / 8
}

// enqueue appends a ticket to the waiting ones. mu is held.
func (q *Queue[T, R]) enqueue(t *Ticket[T, R]) {
	t.since = time.Now()
	t.state = waiting
	t.place = q.waiting.PushBack(t)
	q.changed.Signal()
}

// admit moves blocked tickets into free room, oldest first. mu is held.
func (q *Queue[T, R]) admit() {
	for q.waiting.Len() < q.options.Capacity && q.blocked.Len() > 0 {
		t := q.blocked.Remove(q.blocked.Front()).(*Ticket[T, R])
		q.enqueue(t)
		t.admitted <- nil
	}
}

// drop gives up the place of a ticket unless it runs already.
func (q *Queue[T, R]) drop(t *Ticket[T, R]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch t.state {
	case blocked:
		q.blocked.Remove(t.place)
	case waiting:
		q.waiting.Remove(t.place)
		q.admit()
	case taken:
		return
	}
	t.settle(t.ctx.Err())
}
