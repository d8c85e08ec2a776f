package rows

import (
	"context"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/internal/topk"
)

// Scan returns the k best of all rows shown that accept accepts (nil: all), best first. query is padded (see Pad). It
// returns the context's error when it ends first.
func (t *Table) Scan(ctx context.Context, query []float32, k int, accept func(key uint64) bool) (
	[]index.Neighbour, error,
) {
	guard := t.Enter()
	defer t.Leave(guard)
	s := scan{table: t, query: query, best: topk.New(k)}
	end, step := t.End(), uint32(t.ChunkRows())
	for from := uint32(0); from < end; from += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for slot := from; slot < min(from+step, end); slot++ {
			if t.Shown(slot) && (accept == nil || accept(t.Key(slot))) {
				s.add(slot)
			}
		}
	}
	s.flush()
	return s.best.Sorted(), nil
}

// scan gathers accepted rows until there are four to score together.
type scan struct {
	table   *Table
	query   []float32
	best    *topk.Heap
	pending [4]uint32
	n       int
}

func (s *scan) add(slot uint32) {
	s.pending[s.n] = slot
	if s.n++; s.n < len(s.pending) {
		return
	}
	var scores [4]float32
	t, p := s.table, &s.pending
	distance.Dot4(s.query, t.Vector(p[0]), t.Vector(p[1]), t.Vector(p[2]), t.Vector(p[3]), &scores)
	for i, slot := range p {
		s.best.Offer(t.Key(slot), scores[i])
	}
	s.n = 0
}

func (s *scan) flush() {
	for _, slot := range s.pending[:s.n] {
		s.best.Offer(s.table.Key(slot), distance.Dot(s.query, s.table.Vector(slot)))
	}
	s.n = 0
}
