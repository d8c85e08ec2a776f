package indextest

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

// randomOperations does what it likes to an index and to a model of it, and compares them.
func randomOperations(t *testing.T, build New, o Options) {
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("to repeat: seed %d", seed)
		}
	}()
	r := newRandomised(t, build, seed)
	for range o.Steps {
		r.step()
	}
	r.check()
}

// randomised is an index, its model, and a source of ideas.
type randomised struct {
	t         *testing.T
	build     New
	dimension int
	random    *rand.Rand
	pool      [][]float32 // vectors to add; few enough for identical ones to be common
	index     index.Index
	model     model
	next      uint64
}

func newRandomised(t *testing.T, build New, seed uint64) *randomised {
	random := rand.New(rand.NewPCG(seed, 1))
	dimension := 1 + random.IntN(40)
	return &randomised{
		t:         t,
		build:     build,
		dimension: dimension,
		random:    random,
		pool:      Clustered(random, 400, dimension),
		index:     build(dimension, seed),
		model:     newModel(),
	}
}

func (r *randomised) step() {
	switch p := r.random.IntN(100); {
	case p < 45:
		r.add(1 + r.random.IntN(4))
	case p < 48:
		r.add(40)
	case p < 68:
		r.delete(1 + r.random.IntN(4))
	case p < 70:
		r.delete(1 + r.random.IntN(60))
	case p < 72:
		r.addBadly()
	case p < 74:
		r.restore()
	default:
		r.search()
	}
	require.Equal(r.t, len(r.model.vectors), r.index.Len())
}

func (r *randomised) add(n int) {
	var keys []uint64
	var vectors [][]float32
	for range n {
		r.next++
		keys = append(keys, r.next)
		vectors = append(vectors, r.pool[r.random.IntN(len(r.pool))])
	}
	require.NoError(r.t, r.index.Add(keys, vectors))
	r.model.add(keys, vectors)
}

// addBadly tries a batch whose last vector is at fault.
func (r *randomised) addBadly() {
	keys := []uint64{r.next + 1, r.next + 2}
	require.ErrorIs(r.t, r.index.Add(keys, [][]float32{r.pool[0], append(r.pool[1][:r.dimension:r.dimension], 1)}),
		index.ErrDimension)
	if keys[1] = r.anyKey(); keys[1] != 0 {
		require.ErrorIs(r.t, r.index.Add(keys, r.pool[:2]), index.ErrExists)
	}
}

// anyKey returns a random live key, or 0.
func (r *randomised) anyKey() uint64 {
	if len(r.model.vectors) == 0 {
		return 0
	}
	for {
		if key := 1 + r.random.Uint64N(r.next); r.model.vectors[key] != nil {
			return key
		}
	}
}

func (r *randomised) delete(n int) {
	keys := []uint64{r.next + 1000} // never there
	want := 0
	for range n {
		if key := r.anyKey(); key != 0 {
			keys = append(keys, key)
			delete(r.model.vectors, key)
			want++
		}
	}
	require.Equal(r.t, want, r.index.Delete(keys))
}

// restore goes on with a restored copy, in which some vectors may be gone.
func (r *randomised) restore() {
	var saved bytes.Buffer
	require.NoError(r.t, r.index.Checkpoint(&saved, false))
	for range r.random.IntN(3) {
		r.add(1 + r.random.IntN(4))
		r.delete(1 + r.random.IntN(4))
		require.NoError(r.t, r.index.Checkpoint(&saved, true))
	}
	if r.random.IntN(2) == 0 {
		for range r.random.IntN(10) {
			delete(r.model.vectors, r.anyKey())
		}
	}
	r.index = r.build(r.dimension, r.random.Uint64())
	restore(r.t, r.index, &saved, r.model.vectors)
}

func (r *randomised) search() {
	query := r.pool[r.random.IntN(len(r.pool))]
	o := index.SearchOptions{K: 1 + r.random.IntN(30), Ef: r.random.IntN(50), Exact: r.random.IntN(2) == 0}
	var accept func(uint64) bool
	if r.random.IntN(2) == 0 {
		share := 1 + r.random.Uint64N(20)
		accept = func(key uint64) bool { return key%share == 0 }
		o.Filter = where(accept)
		if r.random.IntN(2) == 0 {
			o.Filter = listed(r.next+10, accept)
		}
	}
	found := search(r.t, r.index, query, o)
	if o.Exact {
		r.model.requireExact(r.t, found, query, o.K, accept)
		return
	}
	require.Len(r.t, found, len(r.model.nearest(query, o.K, accept)))
	for _, f := range found {
		require.Contains(r.t, r.model.vectors, f.Key)
		require.InDelta(r.t, inner(query, r.model.vectors[f.Key]), f.Score, 1e-5)
		require.True(r.t, accept == nil || accept(f.Key))
	}
}

// check compares all that is there.
func (r *randomised) check() {
	keys := keysOf(r.index)
	require.Len(r.t, keys, len(r.model.vectors))
	for _, key := range keys {
		require.Contains(r.t, r.model.vectors, key)
	}
	all := search(r.t, r.index, r.pool[0], index.SearchOptions{K: len(keys) + 1})
	require.Len(r.t, all, len(keys), "everything is reachable")
}
