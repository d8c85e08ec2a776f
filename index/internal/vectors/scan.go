package vectors

import (
	"context"
	"math"
	"slices"

	"pinax/index"
)

// scanBlock is how many slots are scored at a time: enough to hide the latency of the first, few enough to stay in the
// cache.
const scanBlock = 64

// blocksBetweenLooks is how many blocks a scan scores before it looks at its context again.
const blocksBetweenLooks = 16

// Scan returns the k best of all slots shown that accept accepts (nil: all), best first, for the vector that q was asked.
// It is exact: what codes cannot tell apart is scored again. It returns the context's error when it ends first.
func (s *Store) Scan(ctx context.Context, q *Query, k int, accept func(key uint64) bool) ([]index.Neighbour, error) {
	guard := s.Enter()
	defer s.Leave(guard)
	c := newContest(q, k)
	for slot := range s.End() {
		if !s.Shown(slot) || accept != nil && !accept(s.Key(slot)) {
			continue
		}
		if err := c.enter(ctx, slot); err != nil {
			return nil, err
		}
	}
	return c.result(ctx)
}

// contest finds the k best of the slots that enter it.
type contest struct {
	query   *Query
	k       int
	margin  float32
	pending []uint32
	blocks  int
	best    []float32 // the k best scores so far, the worst at the root of a heap
	near    []Scored  // all that may be among the k best
	tidy    int       // length of near at which those that fell behind are taken out
}

func newContest(q *Query, k int) *contest {
	return &contest{
		query: q, k: k, margin: q.Margin(true), pending: make([]uint32, 0, scanBlock), near: q.near[:0],
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
		if len(c.best) == c.k && score < c.best[0]-c.margin {
			continue
		}
		c.near = append(c.near, Scored{Slot: c.pending[i], Score: score})
		c.offer(score)
	}
	c.pending = c.pending[:0]
	if len(c.near) >= c.tidy {
		c.dropBeaten()
		c.tidy = max(c.tidy, 2*len(c.near))
	}
	return nil
}

// offer keeps a score when it is among the k best.
func (c *contest) offer(score float32) {
	if len(c.best) < c.k {
		c.best = append(c.best, score)
		for i := len(c.best) - 1; i > 0 && c.best[i] < c.best[(i-1)/2]; i = (i - 1) / 2 {
			c.best[i], c.best[(i-1)/2] = c.best[(i-1)/2], c.best[i]
		}
		return
	}
	if score <= c.best[0] {
		return
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(c.best) {
			break
		}
		if child+1 < len(c.best) && c.best[child+1] < c.best[child] {
			child++
		}
		if c.best[child] >= score {
			break
		}
		c.best[i] = c.best[child]
		i = child
	}
	c.best[i] = score
}

func (c *contest) dropBeaten() {
	if len(c.best) < c.k {
		return
	}
	c.near = slices.DeleteFunc(c.near, func(s Scored) bool { return s.Score < c.best[0]-c.margin })
}

func (c *contest) result(ctx context.Context) ([]index.Neighbour, error) {
	if err := c.score(ctx); err != nil {
		return nil, err
	}
	c.dropBeaten()
	c.query.near = c.near[:0]
	return c.query.Best(c.k, c.near)
}

func sqrt(n int) float32 { return float32(math.Sqrt(float64(n))) }
