package embedded

import (
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

// changes is what a transaction asks of memory and of the picture folder once it is committed. Applied entries carry
// everything that linking needs, so nothing is read back.
type changes struct {
	collections map[*collection]*collectionChanges
	created     []*collection
	dropped     []*collection
	unused      map[digest]struct{} // pictures whose last reference went away
	records     int
}

type collectionChanges struct {
	items  int64 // more than before
	spaces map[engine.Modality]*spaceChanges
}

type spaceChanges struct {
	added   map[uint64]linkedEntry
	moved   map[uint64]linkedEntry // same vector, new ordinal
	removed []uint64
	// replaced has the vectors of entries whose items got others instead.
	replaced map[uint64][]float32
}

type linkedEntry struct {
	id      string
	ordinal int
	vector  []float32 // nil for a moved one
}

func newChanges() *changes {
	return &changes{collections: make(map[*collection]*collectionChanges), unused: make(map[digest]struct{})}
}

func (c *changes) of(col *collection) *collectionChanges {
	cc := c.collections[col]
	if cc == nil {
		cc = &collectionChanges{spaces: make(map[engine.Modality]*spaceChanges)}
		c.collections[col] = cc
	}
	return cc
}

func (cc *collectionChanges) of(m engine.Modality) *spaceChanges {
	sc := cc.spaces[m]
	if sc == nil {
		sc = &spaceChanges{
			added: make(map[uint64]linkedEntry), moved: make(map[uint64]linkedEntry), replaced: make(map[uint64][]float32),
		}
		cc.spaces[m] = sc
	}
	return sc
}

func (sc *spaceChanges) move(key uint64, id string, ordinal int) {
	if e, ok := sc.added[key]; ok {
		e.ordinal = ordinal
		sc.added[key] = e
		return
	}
	sc.moved[key] = linkedEntry{id: id, ordinal: ordinal}
}

// remove forgets an entry that the same transaction added: the index never hears of it.
func (sc *spaceChanges) remove(key uint64) {
	delete(sc.moved, key)
	if _, ok := sc.added[key]; ok {
		delete(sc.added, key)
		return
	}
	sc.removed = append(sc.removed, key)
}

// announce lets searches have the vectors that the transaction replaces until their successors are linked. It comes before
// the commit, since the index may have to read them from the database, and there they are gone from then on.
func (c *changes) announce() {
	for col, cc := range c.collections {
		for m, sc := range cc.spaces {
			if len(sc.replaced) > 0 {
				col.spaces[m].leaving.Store(&sc.replaced)
			}
		}
	}
}

// withdraw is for a transaction that was announced and did not come to be.
func (c *changes) withdraw() {
	for col, cc := range c.collections {
		for m := range cc.spaces {
			col.spaces[m].leaving.Store(nil)
		}
	}
}

// link brings the indexes of all collections in step with the committed transaction, and returns how many vectors it
// linked or removed. The indexes are independent, so they are worked on side by side, one of them by the caller.
func (c *changes) link() (vectors int, err error) {
	var work []func() error
	for col, cc := range c.collections {
		col.items.Add(cc.items)
		for m, sc := range cc.spaces {
			vectors += len(sc.added) + len(sc.removed)
			work = append(work, func() error { return sc.link(col.spaces[m]) })
		}
	}
	if len(work) == 0 {
		return 0, nil
	}
	var g errgroup.Group
	for _, link := range work[1:] {
		g.Go(link)
	}
	err = work[0]()
	return vectors, errors.Join(err, g.Wait())
}

// link adds before it removes, so that a search beside it finds an item that is being replaced by its old entry, by its
// new one, or by both, but never not at all: those that began before the new entry was linked end before the old one goes.
// The writer waits for them, for as long as the slowest takes. Places come before their entries and go after them, so
// that whatever a search finds has one.
func (sc *spaceChanges) link(s *space) error {
	refused := 0
	for key, e := range sc.moved {
		s.places.set(key, []byte(e.id), e.ordinal)
	}
	keys := slices.Sorted(maps.Keys(sc.added))
	vectors := make([][]float32, len(keys))
	for i, key := range keys {
		e := sc.added[key]
		vectors[i] = e.vector
		s.places.set(key, []byte(e.id), e.ordinal)
	}
	if len(keys) > 0 {
		n, err := s.add(keys, vectors)
		if err != nil {
			return err
		}
		refused = n
		s.linked.Store(keys[len(keys)-1])
	}
	if len(sc.removed) > 0 {
		if len(sc.replaced) > 0 {
			s.searches.wait()
		}
		s.index.Delete(sc.removed)
		for _, key := range sc.removed {
			s.places.remove(key)
		}
	}
	s.leaving.Store(nil)
	s.changes.Add(int64(len(keys) - refused + len(sc.removed)))
	return nil
}

// timed reports a stage to the observer unless nothing was done in it.
func timed(o engine.Observer, stage engine.Stage, start time.Time, count int) {
	if count > 0 {
		o.Observe(stage, time.Since(start), count)
	}
}
