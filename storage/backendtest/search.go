package backendtest

import (
	"fmt"
	"math"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

func badQueries(f *fixture) {
	f.create(shop)
	f.put(item("a", axis(0)))
	nan := axis(0)
	nan[2] = float32(math.NaN())
	cases := map[string]struct {
		query engine.VectorQuery
		want  engine.Code
	}{
		"no vector":    {engine.VectorQuery{Modality: engine.ModalityImage, Limit: 1}, engine.CodeDimension},
		"short vector": {engine.VectorQuery{Vector: axis(0)[1:], Modality: engine.ModalityImage, Limit: 1}, engine.CodeDimension},
		"NaN":          {engine.VectorQuery{Vector: nan, Modality: engine.ModalityImage, Limit: 1}, engine.CodeInvalid},
		"no limit":     {engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityImage}, engine.CodeInvalid},
		"no modality":  {engine.VectorQuery{Vector: axis(0), Limit: 1}, engine.CodeInvalid},
		"negative ef":  {engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityImage, Limit: 1, Ef: -1}, engine.CodeInvalid},
	}
	for name, c := range cases {
		_, err := f.backend.Nearest(f.Context(), shop, c.query)
		require.Equal(f, c.want, engine.CodeOf(err), "%s: %v", name, err)
	}
}

// eachItemOnce gives one item so many near entries that a search must look beyond them to find the others.
func eachItemOnce(f *fixture) {
	f.create(shop)
	require.Empty(f, f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 3}))
	crowd := make([][]float32, 150)
	for i := range crowd {
		crowd[i] = between(0, 1, 0.5-0.003*float64(i))
	}
	f.put(item("crowd", crowd...), item("second", between(0, 2, 0.6)), item("third", between(0, 2, 0.7), axis(9)))
	for _, exact := range []bool{false, true} {
		matches := f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 3, Exact: exact})
		require.Equal(f, []string{"crowd", "second", "third"}, ids(matches))
		require.Equal(f, len(crowd)-1, matches[0].Ordinal)
		require.InDelta(f, math.Cos(0.053), matches[0].Score, 1e-5)
		require.InDelta(f, math.Cos(0.6), matches[1].Score, 1e-5)
	}
}

func modalities(f *fixture) {
	f.create(shop)
	f.put(engine.Record{
		Item:    engine.Item{ID: "a"},
		Entries: append(Entries(engine.ModalityImage, axis(0)), Entries(engine.ModalityText, axis(1))...),
	}, engine.Record{Item: engine.Item{ID: "b"}, Entries: Entries(engine.ModalityText, axis(0))})
	require.Equal(f, []engine.Match{{ID: "a", Modality: engine.ModalityImage, Score: 1}},
		f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 9}))
	require.Equal(f, []engine.Match{{ID: "b", Modality: engine.ModalityText, Score: 1}},
		f.nearest(engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityText, Limit: 1}))
}

func excluding(f *fixture) {
	f.create(shop)
	records := randomItems(seeded(f, 6), 250)
	f.put(records...)
	query := engine.VectorQuery{Vector: records[3].Entries[0].Vector, Modality: engine.ModalityImage, Limit: 250}
	var all []string
	for _, m := range Exact(records, query) {
		all = append(all, m.ID)
	}
	query.Limit, query.Exact = 10, true
	query.Exclude = append([]string{"none"}, all[:50]...)
	require.Equal(f, all[50:60], ids(f.nearest(query)))
	query.Exclude = all
	require.Empty(f, f.nearest(query))
}

func moreThanThereIs(f *fixture) {
	f.create(shop)
	records := randomItems(seeded(f, 7), 300) // enough for a walk of the graph
	f.put(records...)
	matches := f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 10_000})
	require.Len(f, matches, 300)
	for i := 1; i < len(matches); i++ {
		require.GreaterOrEqual(f, matches[i-1].Score, matches[i].Score)
	}
}

// recall compares with a look at every vector, after changes and a restart.
func recall(f *fixture) {
	f.create(shop)
	r := seeded(f, 8)
	records := randomItems(r, 2000)
	f.put(records...)
	for i := range 300 {
		records[i] = item(records[i].Item.ID, Unit(r, dimension), Unit(r, dimension))
	}
	f.put(records[:300]...)
	var gone []string
	for _, record := range records[1800:] {
		gone = append(gone, record.Item.ID)
	}
	_, err := f.backend.Delete(f.Context(), shop, gone)
	require.NoError(f, err)
	records = records[:1800]
	check := func() {
		found, queries := 0, 50
		for range queries {
			q := engine.VectorQuery{Vector: Unit(r, dimension), Modality: engine.ModalityImage, Limit: 10}
			want := make(map[string]engine.Match)
			for _, m := range Exact(records, q) {
				want[m.ID] = m
			}
			for _, m := range f.nearest(q) {
				if w, ok := want[m.ID]; ok {
					found++
					require.Equal(f, w.Ordinal, m.Ordinal)
					require.InDelta(f, w.Score, m.Score, 1e-5)
				}
			}
			q.Exact = true
			for i, m := range f.nearest(q) {
				require.InDelta(f, Exact(records, q)[i].Score, m.Score, 1e-5, fmt.Sprint("rank ", i))
			}
		}
		require.GreaterOrEqual(f, float64(found)/float64(10*queries), 0.95)
	}
	check()
	f.restart()
	check()
}
