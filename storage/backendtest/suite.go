package backendtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

// Open makes an empty backend for one test. reopen closes it and returns another one over the same data; the suite
// closes the last.
type Open func(t *testing.T) (backend engine.Backend, reopen func() engine.Backend)

// Run runs the suite. Each test has a backend of its own.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(*fixture)
	}{
		{"collections", collections},
		{"a missing collection", missingCollection},
		{"dropping", dropping},
		{"read your writes", readYourWrites},
		{"durability", durability},
		{"any text and attribute comes back", fidelity},
		{"conditional writes", conditionalWrites},
		{"revisions only grow", growingRevisions},
		{"bad records spoil no others", badRecords},
		{"one id twice in a call", sameIDTwice},
		{"replacing entries", replacingEntries},
		{"pictures", pictures},
		{"deleting", deleting},
		{"listing", listing},
		{"items by id", itemsByID},
		{"bad queries", badQueries},
		{"each item once", eachItemOnce},
		{"modalities are apart", modalities},
		{"excluding", excluding},
		{"more than there is", moreThanThereIs},
		{"recall", recall},
		{"ended contexts", endedContexts},
		{"everything at once", everythingAtOnce},
		{"dropping under load", droppingUnderLoad},
		{"closed", closed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			backend, reopen := open(t)
			f := &fixture{T: t, backend: backend, reopen: reopen}
			t.Cleanup(func() { require.NoError(t, f.backend.Close()) })
			test.run(f)
		})
	}
}

// fixture is a backend under test, with calls that must succeed.
type fixture struct {
	*testing.T
	backend engine.Backend
	reopen  func() engine.Backend
}

const (
	shop      = "shop"
	dimension = 16
)

// create makes the collection that most tests use.
func (f *fixture) create(name string) engine.Collection {
	f.Helper()
	c := engine.Collection{
		Name:    name,
		Encoder: engine.EncoderRef{Name: "pinax-mini", Fingerprint: "f00d", Dimension: dimension},
		Index:   engine.IndexConfig{Kind: "hnsw", M: 8, EfConstruction: 64, EfSearch: 64, ExactBelow: 100, Seed: 7},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	require.NoError(f, f.backend.CreateCollection(f.Context(), c))
	return c
}

// put stores records and returns the items as stored.
func (f *fixture) put(records ...engine.Record) []engine.Item {
	f.Helper()
	writes := make([]engine.Write, len(records))
	for i, r := range records {
		writes[i] = engine.Write{Record: r}
	}
	outcomes, err := f.backend.Upsert(f.Context(), shop, writes)
	require.NoError(f, err)
	require.Len(f, outcomes, len(records))
	items := make([]engine.Item, len(records))
	for i, o := range outcomes {
		require.NoError(f, o.Err, "record %d", i)
		items[i] = o.Item
	}
	return items
}

func (f *fixture) get(id string) engine.Record {
	f.Helper()
	r, err := f.backend.Get(f.Context(), shop, id)
	require.NoError(f, err)
	return r
}

func (f *fixture) nearest(q engine.VectorQuery) []engine.Match {
	f.Helper()
	if q.Modality == "" {
		q.Modality = engine.ModalityImage
	}
	matches, err := f.backend.Nearest(f.Context(), shop, q)
	require.NoError(f, err)
	return matches
}

func (f *fixture) stats() engine.CollectionStats {
	f.Helper()
	s, err := f.backend.Stats(f.Context(), shop)
	require.NoError(f, err)
	return s
}

func (f *fixture) restart() {
	f.Helper()
	f.backend = f.reopen()
}

func requireCode(t require.TestingT, want engine.Code, err error) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	require.Error(t, err)
	require.Equal(t, want, engine.CodeOf(err), "%v", err)
}
