package embedded

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// Limits of one transaction. They bound how long a caller waits behind others, and the memory that bbolt needs for its
// dirty pages.
const (
	maxGroupRecords = 1024
	maxGroupBytes   = 8 << 20
	queueLength     = 256 // jobs that wait for the writer; further callers wait to hand over, and may give up
)

// job is work for the writer.
type job struct {
	records int // about, for the limits of a group
	bytes   int
	// apply changes the transaction. An error fails everything in it. It may be called again, in a transaction of its own,
	// when another job of its group failed. Nil: the job only waits for what came before it.
	apply func(*transaction) error
	// settled, if set, is called once, when the job is committed and linked or has failed, before its caller hears of it.
	settled func(error)
	done    chan error
}

// writer owns all changes to the database. One goroutine runs it.
type writer struct {
	db       *bolt.DB
	queue    chan *job
	publish  func(*changes) error // brings memory in step with a committed transaction
	observer engine.Observer
	logger   *slog.Logger
	health   *health

	stopped  chan struct{}
	commitTx func(*bolt.Tx) error // replaced by tests that make a commit fail
}

func newWriter(db *bolt.DB, o Options, h *health, publish func(*changes) error) *writer {
	return &writer{
		db: db, queue: make(chan *job, queueLength), publish: publish,
		observer: o.Observer, logger: o.Logger, health: h, stopped: make(chan struct{}),
		commitTx: (*bolt.Tx).Commit,
	}
}

// do hands a job over and waits for it. It returns the context's error when the job was not handed over, and
// CodeOutcomeUnknown when the context ended after that; the job then runs to its end all the same.
func (w *writer) do(ctx context.Context, j *job) error {
	j.done = make(chan error, 1)
	if err := ctx.Err(); err != nil {
		return w.refuse(j, err)
	}
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return w.refuse(j, ctx.Err())
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
	}
	select { // done and cancelled at once: prefer the certain answer
	case err := <-j.done:
		return err
	default:
		return errOutcomeUnknown(ctx.Err())
	}
}

func (w *writer) refuse(j *job, err error) error {
	if j.settled != nil {
		j.settled(err)
	}
	return err
}

// run works until the queue is closed and empty.
func (w *writer) run() {
	defer close(w.stopped)
	for first := range w.queue {
		w.commitGroup(w.gather(first))
	}
}

// close lets the writer finish what is queued and waits for it. Nobody may call do any more.
func (w *writer) close() {
	close(w.queue)
	<-w.stopped
}

// gather takes all that waits, up to the limits. It does not wait for more: while one group is committed and linked the
// next one gathers by itself, the larger the longer that takes.
func (w *writer) gather(first *job) []*job {
	group := []*job{first}
	records, bytes := first.records, first.bytes
	for records < maxGroupRecords && bytes < maxGroupBytes {
		select {
		case j, ok := <-w.queue:
			if !ok {
				return group
			}
			group = append(group, j)
			records, bytes = records+j.records, bytes+j.bytes
		default:
			return group
		}
	}
	return group
}

func (w *writer) commitGroup(group []*job) {
	err := w.commit(group)
	if err != nil && len(group) > 1 && engine.CodeOf(err) != engine.CodeStorageFull && w.health.writable() == nil {
		// One job may be at fault for all of them; alone, each gets what it deserves.
		for _, j := range group {
			w.answer(j, w.commit([]*job{j}))
		}
		return
	}
	for _, j := range group {
		w.answer(j, err)
	}
}

func (w *writer) answer(j *job, err error) {
	if j.settled != nil {
		j.settled(err)
	}
	j.done <- err
}

// commit applies jobs in one transaction and brings memory in step. After an error nothing of it is in the database, with
// the one exception of CodeOutcomeUnknown.
func (w *writer) commit(group []*job) error {
	if err := w.health.writable(); err != nil {
		return err
	}
	if !slices.ContainsFunc(group, func(j *job) bool { return j.apply != nil }) {
		return nil // the transactions before have ended, and well
	}
	start := time.Now()
	c, err := w.transact(group)
	w.health.wrote(err)
	if err != nil {
		w.logger.Error("a transaction failed", "jobs", len(group), "error", err)
		logPanic(w.logger, err)
		if c == nil {
			return err
		}
	}
	timed(w.observer, engine.StageCommit, start, c.records)
	if linkErr := w.publish(c); linkErr != nil {
		w.health.poison(linkErr)
		err = errors.Join(err, linkErr)
	}
	return err
}

// transact returns the changes of a transaction that is in the database. Beside them it returns an error when the
// transaction can be read but may not be durable.
func (w *writer) transact(group []*job) (c *changes, err error) {
	var t *transaction
	var id int
	err = guarded(func() error {
		tx, err := w.db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() // no-op after a commit, whether that succeeded or not
		id = tx.ID()
		t = newTransaction(tx)
		for _, j := range group {
			if j.apply == nil {
				continue
			}
			if err := j.apply(t); err != nil {
				return err
			}
		}
		if err := t.finish(); err != nil {
			return err
		}
		t.changes.announce()
		return w.commitTx(tx)
	})
	if err == nil {
		return t.changes, nil
	}
	err = classify("writing to the database", err)
	return w.afterFailure(t, id, err)
}

// afterFailure finds out whether a transaction that failed is in the database all the same. That is so when all of it was
// written and only the last sync, which should have made it durable, failed. After a failed sync the kernel may drop the
// pages and report success the next time, so nothing that follows could be promised to be durable: the writer stops.
func (w *writer) afterFailure(t *transaction, id int, failure error) (*changes, error) {
	var current int
	err := guarded(func() error {
		return w.db.View(func(tx *bolt.Tx) error { current = tx.ID(); return nil })
	})
	switch {
	case err != nil: // the memory map is gone
		w.health.poison(errors.Join(failure, err))
		return nil, failure
	case t == nil:
		return nil, failure
	case current < id:
		t.changes.withdraw()
		return nil, failure
	}
	w.health.poison(failure)
	return t.changes, errOutcomeUnknown(failure)
}
