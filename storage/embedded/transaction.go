package embedded

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// transaction is one write transaction with what it changes outside of the database. Methods that return an error have
// failed the whole transaction; what concerns one record alone comes back in its outcome, before anything of it is
// written.
type transaction struct {
	tx      *bolt.Tx
	now     time.Time
	changes *changes
	opened  map[*collection]*buckets
}

func newTransaction(tx *bolt.Tx) *transaction {
	return &transaction{
		tx:      tx,
		now:     time.Now().UTC().Round(0), // without the monotonic clock, as it will be read back
		changes: newChanges(),
		opened:  make(map[*collection]*buckets),
	}
}

// buckets returns nil when the collection has been dropped.
func (t *transaction) buckets(c *collection) (*buckets, error) {
	if b, ok := t.opened[c]; ok {
		return b, nil
	}
	b, err := openData(t.tx, c.number)
	if b != nil {
		t.opened[c] = b
	}
	return b, err
}

// upsert stores one record.
func (t *transaction) upsert(c *collection, p *prepared) (engine.Outcome, error) {
	b, err := t.buckets(c)
	if err != nil {
		return engine.Outcome{}, err
	}
	if b == nil {
		return engine.Outcome{Err: errNoCollection(c.info.Name)}, nil
	}
	id := []byte(p.item.ID)
	old := itemHeader{created: t.now}
	stored := b.items.Get(id)
	if stored != nil {
		if old, _, err = decodeHeader(stored); err != nil {
			return engine.Outcome{}, err
		}
	}
	if p.ifRevision != 0 && p.ifRevision != old.revision {
		return engine.Outcome{Err: engine.Errorf(engine.CodeConflict,
			"item %q has revision %d, not %d", p.item.ID, old.revision, p.ifRevision)}, nil
	}

	if missing, err := t.missingPicture(p); err != nil || missing != nil {
		return engine.Outcome{Err: missing}, err
	}

	h := itemHeader{created: old.created, updated: t.now, pictures: p.pictures}
	if h.revision, err = nextRevision(b.items, old.revision); err != nil {
		return engine.Outcome{}, err
	}
	if h.entries, err = t.replaceEntries(c, b, p, old.entries); err != nil {
		return engine.Outcome{}, err
	}
	if err := t.replacePictures(old.pictures, p); err != nil {
		return engine.Outcome{}, err
	}
	if err := b.items.Put(id, encodeItem(h, p.body)); err != nil {
		return engine.Outcome{}, err
	}
	if stored == nil {
		t.changes.of(c).items++
	}
	t.changes.records++

	item := p.item
	item.Revision, item.Created, item.Updated = h.revision, h.created, h.updated
	return engine.Outcome{Item: item, Created: stored == nil}, nil
}

// nextRevision gives each write of a collection a revision of its own, greater than all before. If they were counted for
// each item, one that is deleted and written anew would have those that its predecessor had, and a write on the condition
// of such a revision would replace what its caller never saw. Items of databases from before that may be ahead.
func nextRevision(items *bolt.Bucket, before uint64) (uint64, error) {
	next := max(items.Sequence(), before) + 1
	return next, items.SetSequence(next)
}

// raise sees to it that no revision up to the given one is given any more.
func raise(revisions *bolt.Bucket, to uint64) error {
	if revisions.Sequence() >= to {
		return nil
	}
	return revisions.SetSequence(to)
}

// replaceEntries stores the entries of a record and removes those of its predecessor, but an entry whose vector is there
// already keeps its key, wherever it now stands in the record: the index need not hear of a changed price.
func (t *transaction) replaceEntries(c *collection, b *buckets, p *prepared, old []entryRef) ([]entryRef, error) {
	reusable, err := newReusable(b, old, c.dimension())
	if err != nil {
		return nil, err
	}
	cc := t.changes.of(c)
	refs := make([]entryRef, len(p.entries))
	for i, e := range p.entries {
		stored, ok := reusable.take(e)
		switch {
		case !ok:
			key, err := b.root.NextSequence()
			if err != nil {
				return nil, err
			}
			stored = storedEntry{key: key}
			cc.of(e.modality).added[key] = linkedEntry{id: p.item.ID, ordinal: e.ordinal, vector: e.vector}
		case stored.ordinal != e.ordinal:
			cc.of(e.modality).move(stored.key, p.item.ID, e.ordinal)
		}
		refs[i] = entryRef{modality: e.modality, key: stored.key}
		if ok && stored.ordinal == e.ordinal {
			continue
		}
		if err := b.entries[e.modality].Put(number(stored.key), e.value); err != nil {
			return nil, err
		}
	}
	var unused []entryRef
	for _, e := range reusable.entries {
		if e.taken {
			continue
		}
		unused = append(unused, entryRef{modality: e.modality, key: e.key})
		cc.of(e.modality).replaced[e.key] = entryRecord{vector: e.vector}.floats()
	}
	return refs, t.removeEntries(c, b, unused)
}

func (t *transaction) removeEntries(c *collection, b *buckets, refs []entryRef) error {
	for _, ref := range refs {
		if err := b.entries[ref.modality].Delete(number(ref.key)); err != nil {
			return err
		}
		t.changes.of(c).of(ref.modality).remove(ref.key)
	}
	return nil
}

// delete removes one item and tells whether there was one.
func (t *transaction) delete(c *collection, b *buckets, id []byte) (bool, error) {
	stored := b.items.Get(id)
	if stored == nil {
		return false, nil
	}
	h, _, err := decodeHeader(stored)
	if err != nil {
		return false, err
	}
	if err := t.removeEntries(c, b, h.entries); err != nil {
		return false, err
	}
	if err := t.releasePictures(h.pictures); err != nil {
		return false, err
	}
	if err := raise(b.items, h.revision); err != nil {
		return false, err
	}
	t.changes.of(c).items--
	t.changes.records++
	return true, b.items.Delete(id)
}

// finish writes what is kept once a transaction rather than once a record.
func (t *transaction) finish() error {
	for c, cc := range t.changes.collections {
		b := t.opened[c]
		if cc.items == 0 || b == nil {
			continue
		}
		n, err := unsealCounter("the count of items", b.root.Get(keyItems))
		if err != nil {
			return err
		}
		if cc.items < 0 && n < uint64(-cc.items) {
			return damagedf("collection %q has fewer items than it should", c.info.Name)
		}
		if err := b.root.Put(keyItems, sealCounter(n+uint64(cc.items))); err != nil {
			return err
		}
	}
	return nil
}

// reusable holds the stored entries of an item that its next version may take over.
type reusable struct {
	entries []storedEntry
}

type storedEntry struct {
	key      uint64
	modality engine.Modality
	ordinal  int
	vector   []byte
	taken    bool
}

func newReusable(b *buckets, refs []entryRef, dimension int) (*reusable, error) {
	r := &reusable{entries: make([]storedEntry, len(refs))}
	for i, ref := range refs {
		e, err := decodeEntry(b.entries[ref.modality].Get(number(ref.key)), dimension)
		if err != nil {
			return nil, err
		}
		r.entries[i] = storedEntry{key: ref.key, modality: ref.modality, ordinal: e.ordinal, vector: e.vector}
	}
	return r, nil
}

// take returns the stored entry with the vector of e, preferably in the same place.
func (r *reusable) take(e preparedEntry) (storedEntry, bool) {
	vector := e.value[len(e.value)-4*len(e.vector):]
	best := -1
	for i, s := range r.entries {
		if s.taken || s.modality != e.modality || !bytes.Equal(s.vector, vector) {
			continue
		}
		if best = i; s.ordinal == e.ordinal {
			break
		}
	}
	if best < 0 {
		return storedEntry{}, false
	}
	r.entries[best].taken = true
	return r.entries[best], true
}
