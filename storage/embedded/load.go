package embedded

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"pinax/engine"
	"pinax/index"
)

const (
	linkBatch    = 1024            // vectors linked at a time while loading
	progressNote = 5 * time.Second // between two lines in the log about loading
)

// loader brings the indexes of all collections up to date, several at a time.
type loader struct {
	store *Store
	group *errgroup.Group

	mu     sync.Mutex
	report OpenReport // what was done so far
}

// start loads a collection in the background.
func (l *loader) start(ctx context.Context, c *collection) {
	l.group.Go(func() error {
		return l.wrap(c, l.store.viewData(c, func(b *buckets) error {
			n, err := unsealCounter("the count of items", b.root.Get(keyItems))
			c.items.Store(int64(n))
			return err
		}))
	})
	for _, m := range engine.Modalities {
		l.group.Go(func() error { return l.wrap(c, l.load(ctx, c, c.spaces[m])) })
	}
}

func (l *loader) wrap(c *collection, err error) error {
	switch {
	case err == nil:
		return nil
	case gone(err):
		err = damagedf("its data is not there")
	}
	return fmt.Errorf("load the collection %q: %w", c.info.Name, err)
}

// load restores the graph of one space and links the entries that it lacks. The entries are checked beside the reading of
// the graph's links, which takes about as long on one core, and before any of them is used.
func (l *loader) load(ctx context.Context, c *collection, sp *space) error {
	var found inventory
	var fault error // of the graph
	checked := make(chan struct{})
	g, beside := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if found, err = l.store.takeInventory(beside, c, sp.modality); err == nil {
			close(checked)
		}
		return err
	})
	g.Go(func() error {
		return l.store.viewData(c, func(b *buckets) error {
			vectors := storedVectors(beside, checked, b.entries[sp.modality], c.dimension())
			sp.written, fault = loadGraph(beside, b.graphs[sp.modality], sp.index, vectors)
			return beside.Err()
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	l.noteFault(sp, fault)
	sp.linked.Store(found.last)
	sp.places = found.places
	sp.index.Keys(func(key uint64) bool { found.keys.remove(key); return true })
	r := relinking{ctx: ctx, collection: c, space: sp, started: time.Now(), noted: time.Now()}
	err := l.store.viewData(c, func(b *buckets) error { return r.run(b.entries[sp.modality], found.keys) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Entries += sp.index.Len()
	l.report.Linked += r.linked
	l.report.Refused += r.refused
	return err
}

// noteFault reports a graph that could not be used. Whatever is wrong with one is no reason to refuse service, since the
// vectors are the truth.
func (l *loader) noteFault(sp *space, fault error) {
	if fault == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	log := sp.log.With("error", fault)
	if errors.Is(fault, index.ErrVersion) {
		l.report.Outdated++
		log.Info("a graph is of another version and is built anew from the vectors")
		return
	}
	l.report.Damaged++
	log.Warn("a graph fails its checks and is built anew from the vectors")
}

// storedVectors yields the vectors of a space once they are checked. If they do not pass, or the context ends, it makes
// the index stop, with a vector that none takes.
func storedVectors(
	ctx context.Context, checked <-chan struct{}, entries *bolt.Bucket, dimension int,
) iter.Seq2[uint64, []float32] {
	return func(yield func(uint64, []float32) bool) {
		select {
		case <-checked:
		case <-ctx.Done():
		}
		vector := make([]float32, dimension)
		cursor, n := entries.Cursor(), 0
		for key, value := cursor.First(); len(key) == 8; key, value = cursor.Next() {
			if n++; n%ctxEvery == 1 && ctx.Err() != nil {
				vector = nil
			}
			if vector != nil {
				e, err := parseEntry(value[sealSize:], dimension)
				if err != nil {
					vector = nil
				} else {
					e.copyTo(vector)
				}
			}
			if !yield(numberOf(key), vector) {
				return
			}
		}
	}
}

// sum completes the store's report.
func (l *loader) sum() {
	r := &l.store.report
	for _, c := range l.store.collections {
		r.Collections++
		r.Items += int(c.items.Load())
	}
	r.Entries, r.Linked, r.Damaged, r.Outdated = l.report.Entries, l.report.Linked, l.report.Damaged, l.report.Outdated
	r.Refused = l.report.Refused
	r.Restored = r.Entries - r.Linked
}

// relinking links the entries of a space that its index lacks.
type relinking struct {
	ctx        context.Context
	collection *collection
	space      *space
	started    time.Time
	noted      time.Time

	keys    []uint64
	vectors [][]float32
	linked  int
	refused int
}

func (r *relinking) run(entries *bolt.Bucket, lacking keySet) error {
	for key := range lacking.ascending() {
		e, err := decodeEntry(entries.Get(number(key)), r.collection.dimension())
		if err != nil {
			return err
		}
		r.keys, r.vectors = append(r.keys, key), append(r.vectors, e.floats())
		if len(r.keys) < linkBatch {
			continue
		}
		if err := r.link(); err != nil {
			return err
		}
	}
	return r.link()
}

func (r *relinking) link() error {
	if err := r.ctx.Err(); err != nil || len(r.keys) == 0 {
		return err
	}
	refused, err := r.space.add(r.keys, r.vectors)
	if err != nil {
		return fmt.Errorf("link the stored vectors: %w", err)
	}
	r.refused += refused
	r.linked += len(r.keys) - refused
	r.space.changes.Add(int64(len(r.keys) - refused))
	r.keys, r.vectors = r.keys[:0], r.vectors[:0]
	if time.Since(r.noted) >= progressNote {
		r.noted = time.Now()
		r.space.log.Info("linking vectors into the index", "linked", r.linked, "took", time.Since(r.started).Round(time.Second))
	}
	return nil
}
