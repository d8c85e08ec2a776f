package embedded

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index"
	"pinax/storage/backendtest"
)

// TestRandomOperations runs random operations on a store and on plain maps, and compares. PINAX_SEED repeats a run.
func TestRandomOperations(t *testing.T) {
	for name, config := range map[string]engine.IndexConfig{
		"hnsw":       {Kind: "hnsw", M: 4, EfConstruction: 20, ExactBelow: -1},
		"hnsw codes": {Kind: "hnsw", M: 4, EfConstruction: 20, ExactBelow: -1, Quantizer: "int8", Memory: index.MemoryCodes},
		"flat":       {Kind: "flat"},
		"coder":      {Kind: "coder", M: 4, ExactBelow: -1},
	} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			if s := os.Getenv("PINAX_SEED"); s != "" {
				_, err := fmt.Sscan(s, &seed)
				require.NoError(t, err)
			}
			t.Logf("PINAX_SEED=%d", seed)
			m := &modelRun{T: t, index: config, r: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(),
				model: map[string]modelItems{}, revisions: map[string]uint64{}}
			m.open()
			for range 400 {
				m.step()
			}
			m.reopen()
			m.checkAll()
		})
	}
}

const modelDimension = 8

// modelItems are the records of a collection by id.
type modelItems map[string]engine.Record

type modelRun struct {
	*testing.T
	index engine.IndexConfig
	r     *rand.Rand
	dir   string
	store *Store
	model map[string]modelItems
	// revisions are the highest that each collection has given, by name: not even dropping it makes them begin anew.
	revisions map[string]uint64
}

func (m *modelRun) name() string { return []string{"a", "b"}[m.r.IntN(2)] }

func (m *modelRun) id() string { return fmt.Sprint("item-", m.r.IntN(25)) }

func (m *modelRun) step() {
	switch n := m.r.IntN(100); {
	case n < 3:
		m.create(m.name())
	case n < 4:
		m.drop(m.name())
	case n < 45:
		m.upsert(m.name())
	case n < 60:
		m.remove(m.name())
	case n < 80:
		m.search(m.name())
	case n < 92:
		m.read(m.name())
	case n < 95:
		require.NoError(m, m.store.checkpointAll(m.Context()))
	case n < 98:
		m.reopen()
	default:
		m.checkAll()
	}
}

func (m *modelRun) create(name string) {
	err := m.store.CreateCollection(m.Context(), engine.Collection{
		Name: name, Encoder: engine.EncoderRef{Dimension: modelDimension},
		Index: m.index,
	})
	if m.model[name] != nil {
		requireCode(m, engine.CodeExists, err)
		return
	}
	require.NoError(m, err)
	m.model[name] = modelItems{}
}

func (m *modelRun) drop(name string) {
	err := m.store.DropCollection(m.Context(), name)
	if m.model[name] == nil {
		requireCode(m, engine.CodeNotFound, err)
		return
	}
	require.NoError(m, err)
	delete(m.model, name)
}

// vector is often one of a few, so that entries are reused and equal ones meet.
func (m *modelRun) vector() []float32 {
	if m.r.IntN(2) == 0 {
		return backendtest.Unit(rand.New(rand.NewPCG(uint64(m.r.IntN(10)), 1)), modelDimension)
	}
	return backendtest.Unit(m.r, modelDimension)
}

func (m *modelRun) write(name, id string) engine.Write {
	w := engine.Write{Record: engine.Record{Item: engine.Item{ID: id}}}
	for range m.r.IntN(3) {
		blob, image := backendtest.Picture(rand.New(rand.NewPCG(uint64(m.r.IntN(12)), 2)), 64)
		w.Record.Item.Images = append(w.Record.Item.Images, image)
		w.Blobs = append(w.Blobs, blob)
	}
	for _, modality := range engine.Modalities {
		var vectors [][]float32
		for range m.r.IntN(4) {
			vectors = append(vectors, m.vector())
		}
		w.Record.Entries = append(w.Record.Entries, backendtest.Entries(modality, vectors...)...)
	}
	if m.r.IntN(3) == 0 {
		w.IfRevision = max(m.model[name][id].Item.Revision, 2) - uint64(m.r.IntN(2)) // right, or one that is no more
	}
	return w
}

func (m *modelRun) upsert(name string) {
	items := m.model[name]
	writes := make([]engine.Write, 1+m.r.IntN(5))
	for i := range writes {
		writes[i] = m.write(name, m.id())
	}
	bad := -1
	if m.r.IntN(5) == 0 {
		bad = m.r.IntN(len(writes))
		writes[bad].Record.Entries = backendtest.Entries(engine.ModalityText, make([]float32, modelDimension+1))
	}
	outcomes, err := m.store.Upsert(m.Context(), name, writes)
	if items == nil {
		requireCode(m, engine.CodeNotFound, err)
		return
	}
	require.NoError(m, err)
	for i, w := range writes {
		old, exists := items[w.Record.Item.ID]
		switch {
		case i == bad:
			requireCode(m, engine.CodeDimension, outcomes[i].Err)
			continue
		case w.IfRevision != 0 && w.IfRevision != old.Item.Revision:
			requireCode(m, engine.CodeConflict, outcomes[i].Err)
			continue
		}
		require.NoError(m, outcomes[i].Err)
		require.Equal(m, !exists, outcomes[i].Created)
		require.Greater(m, outcomes[i].Item.Revision, m.revisions[name])
		m.revisions[name] = outcomes[i].Item.Revision
		w.Record.Item = outcomes[i].Item
		items[w.Record.Item.ID] = w.Record
	}
}

func (m *modelRun) remove(name string) {
	items := m.model[name]
	ids := []string{m.id(), m.id(), m.id()}[:m.r.IntN(4)]
	n, err := m.store.Delete(m.Context(), name, ids)
	if items == nil {
		requireCode(m, engine.CodeNotFound, err)
		return
	}
	require.NoError(m, err)
	before := len(items)
	for _, id := range ids {
		delete(items, id)
	}
	require.Equal(m, before-len(items), n)
}

// search compares an exact search score by score: entries with equal vectors may come in any order.
func (m *modelRun) search(name string) {
	items := m.model[name]
	q := engine.VectorQuery{
		Vector: m.vector(), Modality: engine.Modalities[m.r.IntN(2)], Limit: 1 + m.r.IntN(30), Exact: true,
	}
	for range m.r.IntN(3) {
		q.Exclude = append(q.Exclude, m.id())
	}
	got, err := m.store.Nearest(m.Context(), name, q)
	if items == nil {
		requireCode(m, engine.CodeNotFound, err)
		return
	}
	require.NoError(m, err)
	var records []engine.Record
	for _, record := range items {
		records = append(records, record)
	}
	want := backendtest.Exact(records, q)
	require.Len(m, got, len(want))
	seen := make(map[string]bool)
	for i, match := range got {
		require.InDelta(m, want[i].Score, match.Score, 1e-5)
		require.False(m, seen[match.ID], "%s comes twice", match.ID)
		require.NotContains(m, q.Exclude, match.ID)
		seen[match.ID] = true
		at := slices.IndexFunc(items[match.ID].Entries, func(e engine.Entry) bool {
			return e.Modality == match.Modality && e.Ordinal == match.Ordinal
		})
		require.GreaterOrEqual(m, at, 0, "%s has no %s %d", match.ID, match.Modality, match.Ordinal)
		own := backendtest.Exact([]engine.Record{items[match.ID]}, engine.VectorQuery{
			Vector: q.Vector, Modality: q.Modality, Limit: 1,
		})
		require.InDelta(m, own[0].Score, match.Score, 1e-5)
	}
}

func (m *modelRun) read(name string) {
	id := m.id()
	record, err := m.store.Get(m.Context(), name, id)
	want, exists := m.model[name][id]
	if !exists {
		requireCode(m, engine.CodeNotFound, err)
		return
	}
	require.NoError(m, err)
	require.Equal(m, want.Item, record.Item)
	require.ElementsMatch(m, want.Entries, record.Entries)
}

// reopen closes the store, half of the time as a crash would leave it, and opens it again.
func (m *modelRun) reopen() {
	if m.r.IntN(2) == 0 {
		require.NoError(m, m.store.Close())
	} else {
		m.store.closeWithoutCheckpoint(m)
	}
	m.open()
}

// open opens the store, which writes graphs anew as soon as changes have grown as large.
func (m *modelRun) open() {
	m.store = openTest(m, m.dir)
	m.store.rewriteFrom = 1
}

func (m *modelRun) checkAll() {
	names := 0
	for name, items := range m.model {
		names++
		stats, err := m.store.Stats(m.Context(), name)
		require.NoError(m, err)
		require.Equal(m, len(items), stats.Items)
		entries := make(map[engine.Modality]int)
		for id, want := range items {
			record, err := m.store.Get(m.Context(), name, id)
			require.NoError(m, err)
			require.Equal(m, want.Item, record.Item)
			for _, e := range want.Entries {
				entries[e.Modality]++
			}
			for _, image := range want.Item.Images {
				file, err := m.store.OpenBlob(m.Context(), image.SHA256)
				require.NoError(m, err)
				require.NoError(m, file.Close())
			}
		}
		c, err := m.store.named(name)
		require.NoError(m, err)
		for _, modality := range engine.Modalities {
			require.Equal(m, entries[modality], stats.Entries[modality].Vectors)
			require.Equal(m, entries[modality], c.spaces[modality].places.count())
		}
	}
	list, err := m.store.Collections(m.Context())
	require.NoError(m, err)
	require.Len(m, list, names)
	requireNoOrphans(m, m.store)
}
