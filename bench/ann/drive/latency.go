//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// latencies sums up searches that ran beside writers.
type latencies struct {
	Searches         int     `json:"searches"`
	P50              float64 `json:"p50_ms"`
	P99              float64 `json:"p99_ms"`
	LateP99          float64 `json:"late_p99_ms"` // from when a search was due until its thread ran
	Worst            float64 `json:"worst_ms"`
	Inserted         int     `json:"inserted"`
	InsertsPerSecond float64 `json:"inserts_per_second"`
}

// latency searches for a while and meanwhile lets writers insert rows from Start on, one a call, as fast as they can. With
// a Rate searches are due at fixed times and their latency counts from then, so that one that is held up does not hide
// the wait of those behind it; without one each search follows the one before.
func (d *driver) latency(r request) (any, error) {
	if d.index == nil {
		return nil, errNotBuilt
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(r.Seconds*float64(time.Second)))
	defer stop()
	next, g := atomic.Int64{}, errgroup.Group{}
	next.Store(int64(r.Start))
	for range r.Writers {
		g.Go(func() error { return d.insertUntil(ctx, &next) })
	}
	start := time.Now()
	took, late, err := d.searchUntil(ctx, r)
	seconds := time.Since(start).Seconds()
	stop()
	if err := errors.Join(err, g.Wait()); err != nil {
		return nil, err
	}
	slices.Sort(took)
	slices.Sort(late)
	inserted := int(next.Load()) - r.Start
	return latencies{
		Searches: len(took), P50: milliseconds(percentile(took, 0.5)), P99: milliseconds(percentile(took, 0.99)),
		LateP99: milliseconds(percentile(late, 0.99)),
		Worst:   milliseconds(took[len(took)-1]), Inserted: inserted, InsertsPerSecond: float64(inserted) / seconds,
	}, nil
}

// insertUntil adds rows until the time is up.
func (d *driver) insertUntil(ctx context.Context, next *atomic.Int64) error {
	for ctx.Err() == nil {
		row := int(next.Add(1) - 1)
		if row >= d.base.rows() {
			return fmt.Errorf("all %d rows are in before the time is up", d.base.rows())
		}
		if err := d.index.Add(d.base.batch(row, row+1)); err != nil {
			return err
		}
	}
	return nil
}

// searchUntil returns how long each search took, and how much of that it waited for the system to wake its thread.
func (d *driver) searchUntil(ctx context.Context, r request) (took, late []time.Duration, err error) {
	due := time.Now()
	for i := 0; i == 0 || ctx.Err() == nil; i++ {
		if r.Rate > 0 {
			due = due.Add(time.Duration(float64(time.Second) / r.Rate))
			sleepUntil(due)
		} else {
			due = time.Now()
		}
		late = append(late, time.Since(due))
		_, err := d.index.Search(context.Background(), d.queries.row(i%d.queries.rows()), searchOptions(r, nil))
		if err != nil {
			return nil, nil, err
		}
		took = append(took, time.Since(due))
	}
	return took, late, nil
}

// sleepUntil blocks the thread, as the arrival of a request from outside would wake it: the timers of Go may be a
// millisecond late when nothing else is to be done.
func sleepUntil(due time.Time) {
	for wait := time.Until(due); wait > 0; wait = time.Until(due) {
		pause := unix.NsecToTimespec(wait.Nanoseconds())
		if err := unix.Nanosleep(&pause, nil); err != nil && !errors.Is(err, unix.EINTR) {
			time.Sleep(wait)
		}
	}
}

// percentile returns the value that a share p of the sorted values does not exceed, by the nearest rank. There must be
// values.
func percentile(sorted []time.Duration, p float64) time.Duration {
	rank := int(math.Ceil(p * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
