package vectors

import (
	"math"
	"slices"

	"pinax/index"
	"pinax/index/distance"
	"pinax/index/internal/quantizer"
	"pinax/index/internal/topk"
)

// Query scores slots against one vector at a time. One goroutine may use it at a time.
type Query struct {
	store  *Store
	coder  quantizer.Coder
	vector []float32 // what Ask was given, padded
	length float32   // of it
	rows   []uintptr
	scores []float32
	keys   []uint64
	near   []Scored
}

// Scored is a slot with its score by the codes.
type Scored struct {
	Slot  uint32
	Score float32
}

// NewQuery returns a Query, perhaps one that Done was called with before.
func (s *Store) NewQuery() *Query {
	if q, ok := s.queries.Get().(*Query); ok {
		return q
	}
	return &Query{store: s, coder: s.quantizer.NewCoder(), vector: make([]float32, quantizer.PaddedFloats(s.dimension))}
}

// Done gives a query back.
func (s *Store) Done(q *Query) { s.queries.Put(q) }

// Ask makes v, [dimension], the vector to score against. It copies it.
func (q *Query) Ask(v []float32) {
	clear(q.vector[copy(q.vector, v):])
	q.length = quantizer.Norm(q.vector)
	q.coder.Ask(q.vector[:q.store.dimension])
}

// AskSlot makes the vector of a slot, as its code has it, the one to score against.
func (q *Query) AskSlot(slot uint32) { q.coder.AskRow(q.store.codes.Row(slot)) }

// Score returns the scores of slots by their codes, valid until the next call.
func (q *Query) Score(slots []uint32) []float32 {
	q.rows = q.rows[:0]
	for _, slot := range slots {
		q.rows = append(q.rows, q.store.codes.Address(slot))
	}
	if cap(q.scores) < len(slots) {
		q.scores = make([]float32, max(64, 2*len(slots)))
	}
	scores := q.scores[:len(slots)]
	q.coder.Score(q.rows, scores)
	return scores
}

// Perfect returns what no score of a stored vector exceeds by much: the length of what Ask was given, times the greatest
// of the stored ones.
func (q *Query) Perfect() float32 {
	if q.store.quantizer.Exact() {
		return q.length * q.store.longest.Load()
	}
	return q.length
}

// How sure a margin makes that no better slot is left out, in deviations of a score's error.
const (
	Likely  = 3 // one neighbour in a thousand is missed
	Certain = 8
	Proven  = math.MaxFloat32
)

// Margin returns by how much the score of a slot by its code may fall behind that of another for the two to be still open.
// Errors of the elements are independent of each other, so what they add up to is nearly normal; and the bound is never
// exceeded, by neither of the two.
func (q *Query) Margin(deviations float32) float32 {
	if deviations == Proven {
		return 2 * q.coder.Bound()
	}
	return min(2*q.coder.Bound(), deviations*q.coder.Deviation())
}

// Best returns the k best of slots that codes scored, best first, by their full vectors. It drops those that the source
// no longer has.
func (q *Query) Best(k int, scored []Scored) ([]index.Neighbour, error) {
	s := q.store
	found := make([]index.Neighbour, 0, len(scored))
	switch {
	case s.quantizer.Exact():
		for _, c := range scored {
			found = append(found, index.Neighbour{Key: s.Key(c.Slot), Score: c.Score})
		}
	case s.full != nil:
		q.rows = q.rows[:0]
		for _, c := range scored {
			q.rows = append(q.rows, s.full.Address(c.Slot))
		}
		scores := slices.Grow(q.scores[:0], len(scored))[:len(scored)]
		distance.DotRows(q.vector, q.rows, scores)
		for i, c := range scored {
			found = append(found, index.Neighbour{Key: s.Key(c.Slot), Score: scores[i]})
		}
		q.scores = scores
	default:
		q.keys = q.keys[:0]
		for _, c := range scored {
			q.keys = append(q.keys, s.Key(c.Slot))
		}
		err := s.source(q.keys, func(i int, vector []float32) {
			score := distance.Dot(q.vector[:s.dimension], vector)
			found = append(found, index.Neighbour{Key: q.keys[i], Score: score})
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, topk.Compare)
	return found[:min(k, len(found))], nil
}
