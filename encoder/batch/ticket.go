package batch

import (
	"container/list"
	"context"
	"time"
)

// Ticket is the claim to one item's result.
type Ticket[T, R any] struct {
	queue *Queue[T, R]
	ctx   context.Context // of the Submit that made it; an item lives no longer than its request
	item  T

	// Guarded by the queue's mutex.
	state    state
	place    *list.Element
	since    time.Time
	admitted chan error // of a blocked ticket: told nil when it becomes a waiting one, ErrClosed when it never will

	done   chan struct{} // closed when result and err are set
	result R
	err    error
}

// state is where a ticket is on its way.
type state int

const (
	blocked state = iota
	waiting
	taken // by a worker, or settled
)

// Wait returns the result, Run's error, or the context's error when it ends first. An item that is being run when the
// context ends is run to its end, and its result is lost.
func (t *Ticket[T, R]) Wait() (R, error) {
	select {
	case <-t.done:
		return t.result, t.err
	case <-t.ctx.Done():
		t.queue.drop(t)
		var zero R
		return zero, t.ctx.Err()
	}
}

// settle ends a ticket without a result. The queue's mutex is held.
func (t *Ticket[T, R]) settle(err error) {
	t.state = taken
	t.err = err
	close(t.done)
}
