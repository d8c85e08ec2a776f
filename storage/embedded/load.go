package embedded

import (
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

const (
	linkBatch    = 256             // vectors linked at a time while loading
	progressNote = 5 * time.Second // between two lines in the log about loading
)

// loader brings the indexes of all collections up to date, several at a time.
type loader struct {
	store *Store
	group errgroup.Group

	mu     sync.Mutex
	report OpenReport // what was done so far
}

// start loads a collection in the background.
func (l *loader) start(c *collection) {
	l.group.Go(func() error {
		return l.wrap(c, l.store.viewData(c, func(b *buckets) error {
			n, err := unsealCounter("the count of items", b.root.Get(keyItems))
			c.items.Store(int64(n))
			return err
		}))
	})
	for _, m := range engine.Modalities {
		l.group.Go(func() error {
			return l.wrap(c, l.store.viewData(c, func(b *buckets) error { return l.load(c, c.spaces[m], b) }))
		})
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

// load restores the graph of one space and links the entries that it lacks.
func (l *loader) load(c *collection, sp *space, b *buckets) error {
	start := time.Now()
	known, damaged := l.restore(c, sp, b)
	r := relinking{
		collection: c, space: sp, known: known,
		progress: func(done int) {
			l.store.options.Logger.Info("linking vectors into the index", "collection", c.info.Name,
				"modality", sp.modality, "linked", done, "took", time.Since(start).Round(time.Second))
		},
		noted: start,
	}
	if err := r.run(b.entries[sp.modality]); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Entries += sp.index.Len()
	l.report.Linked += r.linked
	if damaged {
		l.report.Damaged++
	}
	return nil
}

// restore fills the index from its checkpoint and returns the keys that it then has. Whatever is wrong with a checkpoint
// is no reason to refuse service, since the vectors are the truth; it is logged.
func (l *loader) restore(c *collection, sp *space, b *buckets) (known keySet, damaged bool) {
	h, err := loadGraph(b.graphs[sp.modality], sp.index, storedVectors(b.entries[sp.modality], c.dimension()))
	if err != nil {
		l.store.options.Logger.Warn("a graph fails its checks and is built anew from the vectors",
			"collection", c.info.Name, "modality", sp.modality, "error", err)
		return keySet{}, true
	}
	sp.covered.Store(h.covered)
	sp.written = h
	known = keySet{}
	sp.index.Keys(func(key uint64) bool { known.add(key); return true })
	return known, false
}

// storedVectors yields the vectors of a space. It ends early at one that is damaged: linking meets it again, and refuses the
// database.
func storedVectors(entries *bolt.Bucket, dimension int) iter.Seq2[uint64, []float32] {
	return func(yield func(uint64, []float32) bool) {
		vector := make([]float32, dimension)
		cursor := entries.Cursor()
		for key, value := cursor.First(); len(key) == 8; key, value = cursor.Next() {
			e, err := decodeEntry(value, dimension)
			if err != nil {
				return
			}
			e.copyTo(vector)
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
	r.Entries, r.Linked, r.Damaged = l.report.Entries, l.report.Linked, l.report.Damaged
	r.Restored = r.Entries - r.Linked
}

// relinking goes through the entries of a space: it notes where each belongs and links those that the index lacks.
type relinking struct {
	collection *collection
	space      *space
	known      keySet
	progress   func(linked int)
	noted      time.Time

	keys    []uint64
	vectors [][]float32
	linked  int
}

func (r *relinking) run(entries *bolt.Bucket) error {
	cursor := entries.Cursor()
	last := uint64(0)
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		if len(key) != 8 {
			return damagedf("the key of an entry is malformed")
		}
		e, err := decodeEntry(value, r.collection.dimension())
		if err != nil {
			return err
		}
		last = numberOf(key)
		r.collection.places.set(last, string(e.id), e.ordinal)
		if r.known.has(last) {
			continue
		}
		r.keys, r.vectors = append(r.keys, last), append(r.vectors, e.floats())
		if len(r.keys) == linkBatch {
			if err := r.link(); err != nil {
				return err
			}
		}
	}
	r.space.linked.Store(last)
	return r.link()
}

func (r *relinking) link() error {
	if len(r.keys) == 0 {
		return nil
	}
	if err := r.space.index.Add(r.keys, r.vectors); err != nil {
		return errors.Join(errors.New("link the stored vectors"), err)
	}
	r.linked += len(r.keys)
	r.space.changes.Add(int64(len(r.keys)))
	r.keys, r.vectors = r.keys[:0], r.vectors[:0]
	if time.Since(r.noted) >= progressNote {
		r.noted = time.Now()
		r.progress(r.linked)
	}
	return nil
}

// keySet is a set of entry keys, one bit each. They come from a growing sequence and so lie close together.
type keySet map[uint64]*[64]uint64

const keySetPage = 64 * 64

func (s keySet) add(key uint64) {
	page := s[key/keySetPage]
	if page == nil {
		page = new([64]uint64)
		s[key/keySetPage] = page
	}
	page[key%keySetPage/64] |= 1 << (key % 64)
}

func (s keySet) has(key uint64) bool {
	page := s[key/keySetPage]
	return page != nil && page[key%keySetPage/64]&(1<<(key%64)) != 0
}
