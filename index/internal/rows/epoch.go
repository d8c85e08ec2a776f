package rows

import "sync/atomic"

// epochs tells the writer when nobody can still be looking at rows that it unlinked (an RCU grace period; McKenney and
// Slingwine 1998, in the two-counter form of sleepable RCU).
//
// A reader counts itself into the current epoch while it looks. The writer moves from epoch e to e+1 only when nobody is
// left in e-1, so readers are never in more than two epochs. What was unlinked in e may still be seen by readers of e and
// before; readers that enter in e+1 start after the unlinking. So it may be reused on the move to e+2, which waits for
// the readers of e.
//
// Go's atomics are sequentially consistent, which closes the gap between loading the epoch and counting: a reader that
// confirms the epoch after counting is seen by every later look of the writer at that counter.
type epochs struct {
	current atomic.Uint64
	readers [2]counter
}

// counter has a cache line to itself: readers of two epochs must not slow each other down.
type counter struct {
	n atomic.Int64
	_ [56]byte
}

// enter counts a reader in and returns its epoch for leave.
func (e *epochs) enter() uint64 {
	for {
		epoch := e.current.Load()
		e.readers[epoch&1].n.Add(1)
		if e.current.Load() == epoch {
			return epoch
		}
		e.readers[epoch&1].n.Add(-1) // the writer moved on in between; count again in the right epoch
	}
}

func (e *epochs) leave(epoch uint64) {
	e.readers[epoch&1].n.Add(-1)
}

// advance moves to the next epoch and returns true, unless a reader of the epoch before the current one is left. Only
// the writer calls it.
func (e *epochs) advance() bool {
	epoch := e.current.Load()
	if e.readers[(epoch+1)&1].n.Load() != 0 { // epoch-1 has the same parity
		return false
	}
	e.current.Store(epoch + 1)
	return true
}
