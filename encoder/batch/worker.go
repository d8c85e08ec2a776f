package batch

import (
	"fmt"
	"runtime/debug"
	"time"
)

// PanicError is what the items of a batch get when Run panicked. The queue goes on.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("batch run panicked: %v\n%s", e.Value, e.Stack)
}

// work runs batches until the queue is closed and empty.
func (q *Queue[T, R]) work() {
	var tickets []*Ticket[T, R]
	var items []T
	for {
		tickets = q.take(tickets[:0])
		if len(tickets) == 0 {
			return
		}
		items = items[:0]
		for _, t := range tickets {
			items = append(items, t.item)
		}
		start := time.Now()
		results, err := q.guard(items)
		q.keepPace(time.Since(start), len(items))
		for i, t := range tickets {
			if err == nil {
				t.result = results[i]
			}
			t.err = err
			close(t.done)
		}
		clear(tickets) // idle workers keep nothing alive
		clear(items)
	}
}

// guard calls run and turns what it must not do into errors.
func (q *Queue[T, R]) guard(items []T) (results []R, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	results, err = q.run(items)
	if err == nil && len(results) != len(items) {
		err = fmt.Errorf("batch run returned %d results for %d items", len(results), len(items))
	}
	return results, err
}

// take waits for items and appends the next batch to batch. It appends nothing when the queue is closed and empty.
func (q *Queue[T, R]) take(batch []*Ticket[T, R]) []*Ticket[T, R] {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(batch) == 0 {
		for q.waiting.Len() == 0 && !q.closed {
			q.changed.Wait()
		}
		q.fill()
		for len(batch) < q.options.MaxItems && q.waiting.Len() > 0 {
			t := q.waiting.Remove(q.waiting.Front()).(*Ticket[T, R])
			if err := t.ctx.Err(); err != nil {
				t.settle(err)
				continue
			}
			t.state = taken
			batch = append(batch, t)
		}
		q.admit()
		if q.closed && q.waiting.Len() == 0 {
			break
		}
	}
	if q.waiting.Len() > 0 {
		q.changed.Signal() // for the wake-up that this worker may have taken from another
	}
	return batch
}

// fill waits until a batch is full or its oldest item has waited for MaxWait. mu is held, except while waiting.
func (q *Queue[T, R]) fill() {
	if q.options.MaxWait <= 0 {
		return
	}
	for q.waiting.Len() > 0 && q.waiting.Len() < q.options.MaxItems && !q.closed {
		left := q.options.MaxWait - time.Since(q.waiting.Front().Value.(*Ticket[T, R]).since)
		if left <= 0 {
			return
		}
		timer := time.AfterFunc(left, q.changed.Broadcast)
		q.changed.Wait()
		timer.Stop()
	}
}
