package embedded

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

// pictureWriters is how many pictures of one call are written and synced at a time. Syncs of many files overlap on the
// disk, so this is well above the number of cores.
const pictureWriters = 16

// Upsert writes records and returns one outcome a record, in order. Records of one call with the same id are applied in
// order, so the last one stays. A rejected record does not keep the others from being stored.
//
// When the context ends after the records were handed to the writer, those that were not rejected before have the
// outcome CodeOutcomeUnknown.
func (s *Store) Upsert(ctx context.Context, collection string, writes []engine.Write) ([]engine.Outcome, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	c, err := s.named(collection)
	if err != nil {
		return nil, err
	}
	u := newUpsert(c, writes)
	if err := u.acquirePictures(s, writes); err != nil {
		s.health.wrote(err)
	}
	if !u.anyLeft() {
		u.outcomes = u.unknown(nil)
		u.releasePictures(s, nil)
		return u.outcomes, nil
	}
	err = s.writer.do(ctx, &job{
		records: len(writes),
		bytes:   u.size(),
		apply:   u.apply,
		settled: func(err error) { u.releasePictures(s, err) },
	})
	if engine.CodeOf(err) == engine.CodeOutcomeUnknown {
		return u.unknown(err), nil
	}
	if err != nil {
		return nil, err
	}
	return u.outcomes, nil
}

// upsert is one call on its way. Its fields belong to the writer from the hand-over until the job is done.
type upsert struct {
	collection *collection
	records    []*prepared // nil: rejected
	rejected   []error     // known before the hand-over; read-only after it
	outcomes   []engine.Outcome
	acquired   map[digest]error // pictures that the call has pinned; read-only after the hand-over
}

func newUpsert(c *collection, writes []engine.Write) *upsert {
	u := &upsert{
		collection: c,
		records:    make([]*prepared, len(writes)),
		rejected:   make([]error, len(writes)),
		outcomes:   make([]engine.Outcome, len(writes)),
		acquired:   make(map[digest]error),
	}
	for i, w := range writes {
		u.records[i], u.rejected[i] = prepare(w, c.dimension())
	}
	return u
}

func (u *upsert) size() int {
	n := 0
	for _, p := range u.records {
		if p != nil {
			n += p.size()
		}
	}
	return n
}

// acquirePictures readies the pictures that the records name: small ones for the transaction, the others as files, which it
// stores and pins. It rejects the records for which that fails. The error, which is one of those of the records, tells
// that the picture folder could not be written.
func (u *upsert) acquirePictures(s *Store, writes []engine.Write) (failure error) {
	start := time.Now()
	files := make(map[digest][]byte) // what goes to the folder; nil: is there already
	for i, w := range writes {
		if u.records[i] == nil {
			continue
		}
		if err := u.records[i].sortPictures(s, w.Blobs, files); err != nil {
			u.reject(i, err)
		}
	}
	timed(s.options.Observer, engine.StageBlob, start, u.store(s.pictures, files))
	for i, record := range u.records {
		if record == nil {
			continue
		}
		for _, d := range record.pictures {
			err, isFile := u.acquired[d]
			if err == nil {
				record.files[d] = isFile
				continue
			}
			if record.ifRevision != 0 && engine.CodeOf(err) == engine.CodeInvalid {
				continue // the picture went with a revision that is no more: the transaction answers CodeConflict
			}
			u.reject(i, err)
			if engine.CodeOf(err) != engine.CodeInvalid {
				failure = err
			}
			break
		}
	}
	return failure
}

// sortPictures decides for each picture of a record where it goes: where it is already, or else where its size belongs.
// Whether one in the database will still be there, and whole, when the transaction runs is not known yet, so its bytes go
// along if the caller gave them.
func (p *prepared) sortPictures(s *Store, blobs []engine.Blob, files map[digest][]byte) error {
	given, err := blobsByDigest(blobs, p.pictures)
	if err != nil {
		return err
	}
	for _, d := range p.pictures {
		data := given[d]
		known, err := s.picture(d)
		if err != nil {
			return err
		}
		inside := known.inside()
		if known.references == 0 {
			inside = data != nil && len(data) <= s.options.InlinePictures
		}
		switch {
		case inside && data != nil:
			p.inline[d] = encodePictureBytes(data)
		case !inside && (data != nil || files[d] == nil):
			files[d] = data
		}
	}
	return nil
}

func (u *upsert) anyLeft() bool {
	return slices.ContainsFunc(u.records, func(p *prepared) bool { return p != nil })
}

// store acquires each picture once and returns how many files it wrote.
func (u *upsert) store(p *pictures, data map[digest][]byte) (written int) {
	type result struct {
		wrote bool
		err   error
	}
	results := make(map[digest]*result, len(data))
	var g errgroup.Group
	g.SetLimit(pictureWriters)
	for d, blob := range data {
		r := new(result)
		results[d] = r
		acquire := func() error { r.wrote, r.err = p.acquire(d, blob); return nil }
		if len(data) == 1 {
			_ = acquire() // the common case needs no goroutine
			continue
		}
		g.Go(acquire)
	}
	_ = g.Wait() // the functions return nil; each picture has its own error
	for d, r := range results {
		u.acquired[d] = r.err
		if r.wrote {
			written++
		}
	}
	return written
}

func (u *upsert) reject(i int, err error) { u.records[i], u.rejected[i] = nil, err }

// apply runs in the writer.
func (u *upsert) apply(t *transaction) error {
	for i, p := range u.records {
		if p == nil {
			u.outcomes[i] = engine.Outcome{Err: u.rejected[i]}
			continue
		}
		outcome, err := t.upsert(u.collection, p)
		if err != nil {
			return err
		}
		u.outcomes[i] = outcome
	}
	return nil
}

// releasePictures ends the pins. Unless all was stored, some of the pictures may be named by no record.
func (u *upsert) releasePictures(s *Store, failure error) {
	failed := failure != nil
	for i := range u.outcomes {
		failed = failed || u.rejected[i] != nil || u.outcomes[i].Err != nil
	}
	for d := range u.acquired {
		s.release(d, failed)
	}
}

// unknown makes the outcomes of a call that ended before its job did. It must not look at u.outcomes, which the writer
// may be filling.
func (u *upsert) unknown(cause error) []engine.Outcome {
	outcomes := make([]engine.Outcome, len(u.rejected))
	for i, err := range u.rejected {
		outcomes[i].Err = cause
		if err != nil {
			outcomes[i].Err = err
		}
	}
	return outcomes
}

// Delete removes records and returns how many there were. Ids that come twice count once.
func (s *Store) Delete(ctx context.Context, collection string, ids []string) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	c, err := s.named(collection)
	if err != nil {
		return 0, err
	}
	d := &deletion{collection: c, ids: ids}
	if err := s.writer.do(ctx, &job{records: len(ids), apply: d.apply}); err != nil {
		return 0, err
	}
	return d.removed, d.rejected
}

// deletion is one call on its way.
type deletion struct {
	collection *collection
	ids        []string
	removed    int
	rejected   error
}

func (d *deletion) apply(t *transaction) error {
	d.removed, d.rejected = 0, nil // of an attempt before
	b, err := t.buckets(d.collection)
	if err != nil {
		return err
	}
	if b == nil {
		d.rejected = errNoCollection(d.collection.info.Name)
		return nil
	}
	for _, id := range d.ids {
		found, err := t.delete(d.collection, b, []byte(id))
		if err != nil {
			return err
		}
		if found {
			d.removed++
		}
	}
	return nil
}
