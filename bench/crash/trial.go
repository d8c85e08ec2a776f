package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/bench/catalog"
	"pinax/client"
)

const collection = "shop"

// trial kills a server again and again on one data folder.
type trial struct {
	options  options
	products []catalog.Product
	ledger   *ledger
	random   *rand.Rand
	next     atomic.Int64 // number of the next item to send

	mu     sync.Mutex // guards report while items are checked
	report report

	fresh []string // ids acknowledged since the last check
}

// prepare makes the collection. Its searches always walk the graph, since the graph is what recovery puts at risk.
func (t *trial) prepare(ctx context.Context) error {
	s, err := startServer(ctx, t.options)
	if err != nil {
		return err
	}
	_, err = s.client.CreateCollection(ctx, client.NewCollection{Name: collection, Index: client.Index{ExactBelow: -1}})
	return errors.Join(err, s.kill())
}

// round is one life of the server: recover, be checked, take items in, die.
func (t *trial) round(ctx context.Context) error {
	// Every fifth recovery is itself cut short.
	if t.report.Kills%5 == 4 {
		if err := t.dieAtStart(); err != nil {
			return err
		}
	}
	s, err := t.recover(ctx)
	if err != nil {
		return err
	}
	if err := t.check(ctx, s.client, t.sample()); err != nil {
		return errors.Join(err, s.kill())
	}
	return t.die(ctx, s)
}

// dieAtStart kills a server at a random moment of its start.
func (t *trial) dieAtStart() error {
	s, err := launch(t.options)
	if err != nil {
		return err
	}
	longest := 200.0 // milliseconds
	for _, earlier := range t.report.Starts {
		longest = max(longest, earlier.Ready)
	}
	time.Sleep(time.Duration(t.random.Float64() * longest * float64(time.Millisecond)))
	t.report.KillsAtStart++
	return s.kill()
}

// recover starts the server, and counts what it has against what it must have.
func (t *trial) recover(ctx context.Context) (*server, error) {
	s, err := startServer(ctx, t.options)
	if err != nil {
		return nil, err
	}
	ready := time.Since(s.started)
	info, err := s.client.Collection(ctx, collection)
	if err != nil {
		return nil, errors.Join(err, s.kill())
	}
	t.report.Starts = append(t.report.Starts, start{Items: info.Items, Ready: float64(ready.Microseconds()) / 1000})
	if err := t.settle(ctx, s.client); err != nil {
		return nil, errors.Join(err, s.kill())
	}
	if want := len(t.ledger.acknowledged); info.Items != want || info.Entries.Image.Vectors != want || info.Entries.Text.Vectors != want {
		t.problem("after kill %d the collection counts %d items, %d image and %d text vectors, and %d are known",
			t.report.Kills, info.Items, info.Entries.Image.Vectors, info.Entries.Text.Vectors, want)
	}
	return s, nil
}

// settle decides about the writes that were never answered: each is either absent or there as if it had been.
func (t *trial) settle(ctx context.Context, c *client.Client) error {
	for id, p := range t.ledger.settle() {
		t.report.Unanswered++
		_, err := c.Item(ctx, collection, id, false)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		t.report.Surprises++
		t.ledger.sent(id, p)
		t.ledger.acknowledge(id)
		t.fresh = append(t.fresh, id)
	}
	return nil
}

// sample is every item of the last round and some of the older ones.
func (t *trial) sample() []string {
	ids := t.fresh
	t.fresh = nil
	known := int(t.next.Load())
	for range min(200, known) {
		if id := t.id(t.random.IntN(known)); t.ledger.acknowledged[id].ID != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// die lets writers run until the server is killed at a random moment.
func (t *trial) die(ctx context.Context, s *server) error {
	var writers errgroup.Group
	before := len(t.ledger.acknowledged)
	acknowledged := make([][]string, t.options.writers)
	for w := range t.options.writers {
		writers.Go(func() error {
			ids, err := t.write(ctx, s.client)
			acknowledged[w] = ids
			return err
		})
	}
	time.Sleep(time.Duration(t.random.Float64() * float64(t.options.longest)))
	killed := s.kill()
	if err := errors.Join(killed, writers.Wait()); err != nil {
		return err
	}
	t.report.Kills++
	t.report.Acknowledged += len(t.ledger.acknowledged) - before
	t.fresh = append(t.fresh, slices.Concat(acknowledged...)...)
	return nil
}

// write sends items until the server is gone, and returns the ids that it acknowledged. A refusal is an error.
func (t *trial) write(ctx context.Context, c *client.Client) (ids []string, err error) {
	for {
		n := int(t.next.Add(1)) - 1
		id, p := t.id(n), t.products[n%len(t.products)]
		t.ledger.sent(id, p)
		_, err := c.PutItem(ctx, collection, id, client.Item{
			Texts: map[string]string{"title": p.Title}, Images: [][]byte{p.Picture}, Attributes: p.Attributes,
		})
		var refused *client.Error
		if errors.As(err, &refused) {
			return ids, fmt.Errorf("item %s: %w", id, err)
		}
		if err != nil {
			return ids, nil //nolint:nilerr // the connection broke: the server is dead, as intended
		}
		t.ledger.acknowledge(id)
		ids = append(ids, id)
	}
}

// id names the n-th item sent.
func (t *trial) id(n int) string { return fmt.Sprintf("%07d-%s", n, t.products[n%len(t.products)].ID) }

// conclude checks every item there is.
func (t *trial) conclude(ctx context.Context) error {
	s, err := t.recover(ctx)
	if err != nil {
		return err
	}
	all := make([]string, 0, len(t.ledger.acknowledged))
	for id := range t.ledger.acknowledged {
		all = append(all, id)
	}
	return errors.Join(t.check(ctx, s.client, all), s.kill())
}

func (t *trial) problem(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Problems = append(t.report.Problems, fmt.Sprintf(format, args...))
}

func isNotFound(err error) bool {
	var e *client.Error
	return errors.As(err, &e) && e.Code == "not_found"
}
