package vectors

import (
	"context"
	"iter"
	"math"
	"slices"

	"pinax/index"
	"pinax/index/internal/topk"
)

// scanBlock is how many slots are scored at a time: enough to hide the latency of the first, few enough to stay in the
// cache.
const scanBlock = 64

// blocksBetweenLooks is how many blocks a scan scores before it looks at its context again.
const blocksBetweenLooks = 16

// keysWorth is how many slots can be asked whether a filter accepts them in the time in which one key is looked up.
const keysWorth = 8

// slotsBetweenLooks is how many slots a scan asks a filter for before it looks at its context again.
const slotsBetweenLooks = 1024

// Scan returns the k best of all slots shown that a filter accepts (nil: all), best first, for the vector that q was asked.
// What codes cannot tell apart is scored again, as surely as deviations says (see Margin). It returns the context's error
// when it ends first.
func (s *Store) Scan(ctx context.Context, q *Query, k int, filter *index.Filter, deviations float32) ([]index.Neighbour, error) {
	guard := s.Enter()
	defer s.Leave(guard)
	c := newContest(q, k, q.Margin(deviations))
	if err := s.eachSlot(ctx, filter, func(slot uint32) error { return c.enter(ctx, slot) }); err != nil {
		return nil, err
	}
	return c.result(ctx)
}

// eachSlot calls visit with the slots shown that a filter accepts (nil: all) until it returns an error.
func (s *Store) eachSlot(ctx context.Context, filter *index.Filter, visit func(slot uint32) error) error {
	if filter != nil && s.ScansKeys(filter) {
		return s.eachKey(ctx, filter.Keys, visit)
	}
	for slot := range s.End() {
		if slot%slotsBetweenLooks == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if !s.Shown(slot) || filter != nil && !filter.Accept(s.Key(slot)) {
			continue
		}
		if err := visit(slot); err != nil {
			return err
		}
	}
	return nil
}

// ScansKeys tells whether a scan looks the keys of a filter up, rather than ask for every slot.
func (s *Store) ScansKeys(filter *index.Filter) bool {
	return filter.Keys != nil && filter.Len < s.Len()/keysWorth
}

func (s *Store) eachKey(ctx context.Context, keys iter.Seq[uint64], visit func(slot uint32) error) error {
	var batch [scanBlock]uint64
	var slots [scanBlock]uint32
	n := 0
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, slot := range s.Resolve(batch[:n], slots[:0]) {
			if err := visit(slot); err != nil {
				return err
			}
		}
		n = 0
		return nil
	}
	for key := range keys {
		batch[n] = key
		if n++; n == len(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// contest finds the k best of the slots that enter it.
type contest struct {
	query   *Query
	k       int
	margin  float32
	pending []uint32
	blocks  int
	best    *topk.Heap // the k best by their codes so far
	near    []Scored   // all that may be among the k best
	tidy    int        // length of near at which those that fell behind are taken out
}

func newContest(q *Query, k int, margin float32) *contest {
	return &contest{
		query: q, k: k, margin: margin, pending: make([]uint32, 0, scanBlock), best: topk.New(k), near: q.near[:0],
		tidy: 4*min(k, 1<<16) + scanBlock,
	}
}

func (c *contest) enter(ctx context.Context, slot uint32) error {
	c.pending = append(c.pending, slot)
	if len(c.pending) < scanBlock {
		return nil
	}
	return c.score(ctx)
}

func (c *contest) score(ctx context.Context) error {
	if c.blocks%blocksBetweenLooks == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	c.blocks++
	for i, score := range c.query.Score(c.pending) {
		if math.IsNaN(float64(score)) { // NaN, of infinities: it ranks last, and must not upset the order of the others
			score = float32(math.Inf(-1))
		}
		if c.beaten(score) {
			continue
		}
		c.near = append(c.near, Scored{Slot: c.pending[i], Score: score})
		c.best.Offer(uint64(c.pending[i]), score)
	}
	c.pending = c.pending[:0]
	if len(c.near) >= c.tidy {
		c.dropBeaten()
		c.tidy = max(c.tidy, 2*len(c.near))
	}
	return nil
}

func (c *contest) dropBeaten() {
	c.near = slices.DeleteFunc(c.near, func(s Scored) bool { return c.beaten(s.Score) })
}

// beaten tells whether k others are better than a score, by more than codes can be off.
func (c *contest) beaten(score float32) bool {
	worst, full := c.best.Worst()
	return full && score < worst.Score-c.margin
}

func (c *contest) result(ctx context.Context) ([]index.Neighbour, error) {
	if err := c.score(ctx); err != nil {
		return nil, err
	}
	c.dropBeaten()
	c.query.near = c.near[:0]
	return c.query.Best(c.k, c.near)
}
