package backendtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

// seeded returns a source of random numbers; the seed is in the log of a failed test.
func seeded(t testing.TB, seed uint64) *rand.Rand {
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func readYourWrites(f *fixture) {
	f.create(shop)
	before := time.Now()
	record := engine.Record{
		Item: engine.Item{
			ID:         "a",
			Texts:      map[string]string{"title": "Red dress"},
			Attributes: map[string]any{"brand": "Turtle"},
			OwnVectors: map[engine.Modality]int{engine.ModalityImage: 2},
		},
		Entries: append(Entries(engine.ModalityImage, axis(0), axis(1)), Entries(engine.ModalityText, axis(2))...),
	}
	stored := f.put(record)[0]
	require.NotZero(f, stored.Revision)
	require.WithinRange(f, stored.Created, before.Add(-time.Minute), time.Now().Add(time.Minute))
	require.Equal(f, stored.Created, stored.Updated)

	got := f.get("a")
	require.Equal(f, stored, got.Item)
	require.Equal(f, record.Entries, got.Entries)
	require.Equal(f, []engine.Match{{ID: "a", Modality: engine.ModalityText, Ordinal: 0, Score: 1}},
		f.nearest(engine.VectorQuery{Vector: axis(2), Modality: engine.ModalityText, Limit: 5}))

	again := f.put(record)[0]
	require.Greater(f, again.Revision, stored.Revision)
	require.Equal(f, stored.Created, again.Created)
	require.False(f, again.Updated.Before(stored.Updated))
	require.Equal(f, 1, f.stats().Items)
}

func durability(f *fixture) {
	f.create(shop)
	r := seeded(f, 2)
	records := randomItems(r, 300)
	stored := f.put(records...)
	_, err := f.backend.Delete(f.Context(), shop, []string{records[7].Item.ID})
	require.NoError(f, err)

	for range 2 { // the second time from what the first Close left
		f.restart()
		require.Equal(f, 299, f.stats().Items)
		require.Equal(f, 299, f.stats().Entries[engine.ModalityImage].Vectors)
		_, err = f.backend.Get(f.Context(), shop, records[7].Item.ID)
		requireCode(f, engine.CodeNotFound, err)
		for i, record := range records {
			if i == 7 {
				continue
			}
			got := f.get(record.Item.ID)
			require.Equal(f, stored[i], got.Item)
			require.Equal(f, record.Entries, got.Entries)
			best := f.nearest(engine.VectorQuery{Vector: record.Entries[0].Vector, Limit: 1})
			require.Equal(f, []string{record.Item.ID}, ids(best))
		}
	}
	require.Greater(f, f.put(records[0])[0].Revision, stored[0].Revision)
	require.Greater(f, f.put(records[7])[0].Revision, stored[7].Revision, "it was deleted in between")
}

// fidelity stores what users have: any script, long texts, many attributes, numbers as they were written.
func fidelity(f *fixture) {
	f.create(shop)
	attributes := map[string]any{
		"text":    "价格 <b>&\u2028</b> \"quoted\" \\ \x01",
		"yes":     true,
		"no":      false,
		"list":    []any{"M", "大号", json.Number("42"), true},
		"nothing": []any{},
	}
	for _, n := range []string{"0", "-0", "1.0", "1.50", "1e400", "-1E-7", "12345678901234567890123", "0.1", "3.14159265358979323846"} {
		attributes["n"+n] = json.Number(n)
	}
	for i := range 200 {
		attributes[fmt.Sprintf("attribute %03d 属性", i)] = strings.Repeat("x", i)
	}
	long := strings.Repeat("好的 emoji 👗🧵 naïve ", 10_000/18+1)
	for _, id := range []string{"sku-1", "商品/一 号", "👗", "a b\tc", "é", "e\u0301", strings.Repeat("长", 200), "..", "%2F"} {
		record := engine.Record{
			Item:    engine.Item{ID: id, Texts: map[string]string{"title": long, "标题": "深蓝色格子衬衫", "": ""}, Attributes: attributes},
			Entries: Entries(engine.ModalityText, axis(3)),
		}
		stored := f.put(record)[0]
		check := func() {
			got := f.get(id).Item
			require.Equal(f, stored, got)
			require.Equal(f, record.Item.Texts, got.Texts)
			require.Equal(f, attributes, got.Attributes)
		}
		check()
		f.restart()
		check()
		_, err := f.backend.Delete(f.Context(), shop, []string{id})
		require.NoError(f, err)
	}
}

func conditionalWrites(f *fixture) {
	f.create(shop)
	_, err := f.writeIf("a", 1)
	requireCode(f, engine.CodeConflict, err) // there is none
	first, err := f.writeIf("a", 0)
	require.NoError(f, err)
	second, err := f.writeIf("a", first)
	require.NoError(f, err)
	_, err = f.writeIf("a", first)
	requireCode(f, engine.CodeConflict, err)
	third, err := f.writeIf("a", second)
	require.NoError(f, err)
	require.Equal(f, third, f.get("a").Item.Revision)
}

// writeIf writes an item on the condition of a revision and returns its new one.
func (f *fixture) writeIf(id string, revision uint64) (uint64, error) {
	f.Helper()
	outcomes, err := f.backend.Upsert(f.Context(), shop, []engine.Write{{Record: item(id, axis(0)), IfRevision: revision}})
	require.NoError(f, err)
	return outcomes[0].Item.Revision, outcomes[0].Err
}

// growingRevisions deletes an item, or all of them, between a look at its revision and the write that relies on it. The
// write must not meet an item that only has the same number.
func growingRevisions(f *fixture) {
	f.create(shop)
	highest := uint64(0)
	put := func(ids ...string) {
		f.Helper()
		for _, id := range ids {
			revision, err := f.writeIf(id, 0)
			require.NoError(f, err)
			highest = max(highest, revision)
		}
	}
	gone := map[string]func(){
		"deleted": func() {
			_, err := f.backend.Delete(f.Context(), shop, []string{"a"})
			require.NoError(f, err)
		},
		"deleted before a restart": func() {
			_, err := f.backend.Delete(f.Context(), shop, []string{"a"})
			require.NoError(f, err)
			f.restart()
		},
		"dropped": func() {
			require.NoError(f, f.backend.DropCollection(f.Context(), shop))
			f.create(shop)
		},
	}
	for _, how := range slices.Sorted(maps.Keys(gone)) {
		put("a", "a", "b", "a")
		seen, before := f.get("a").Item.Revision, highest
		gone[how]()
		for range 4 {
			put("b", "a")
			require.Greater(f, f.get("a").Item.Revision, before, how)
			_, err := f.writeIf("a", seen)
			requireCode(f, engine.CodeConflict, err)
		}
	}
}

func badRecords(f *fixture) {
	f.create(shop)
	nan, inf, short, long := axis(0), axis(0), axis(0)[:3], axis(0)
	nan[1], inf[1], long[0] = float32(math.NaN()), float32(math.Inf(1)), 3
	unknown := item("unknown modality", axis(0))
	unknown.Entries[0].Modality = "smell"
	twice := item("one place twice", axis(0), axis(1))
	twice.Entries[1].Ordinal = 0
	unhashed := item("no hash", axis(0))
	unhashed.Item.Images = []engine.Image{{SHA256: "../../etc/passwd"}}
	absent := item("picture is nowhere", axis(0))
	absent.Item.Images = []engine.Image{{SHA256: strings.Repeat("ab", 32)}}
	number := item("not a number", axis(0))
	number.Item.Attributes = map[string]any{"price": json.Number("12,50")}
	_, image := Picture(seeded(f, 3), 10)
	lying := item("other bytes", axis(0))
	lying.Item.Images = []engine.Image{image}

	cases := []struct {
		record engine.Record
		blobs  []engine.Blob
		want   engine.Code
	}{
		{record: item("first", axis(0))},
		{record: item("short", short), want: engine.CodeDimension},
		{record: item("empty", nil), want: engine.CodeDimension},
		{record: item("nan", nan), want: engine.CodeInvalid},
		{record: item("inf", inf), want: engine.CodeInvalid},
		{record: item("too long", long), want: engine.CodeInvalid},
		{record: item("zero", make([]float32, dimension)), want: engine.CodeInvalid},
		{record: item("", axis(0)), want: engine.CodeInvalid},
		{record: item("bad \xff utf-8", axis(0)), want: engine.CodeInvalid},
		{record: engine.Record{Item: engine.Item{ID: "bad text", Texts: map[string]string{"t": "\xc3("}}}, want: engine.CodeInvalid},
		{record: unknown, want: engine.CodeInvalid},
		{record: twice, want: engine.CodeInvalid},
		{record: unhashed, want: engine.CodeInvalid},
		{record: absent, want: engine.CodeInvalid},
		{record: number, want: engine.CodeInvalid},
		{record: lying, blobs: []engine.Blob{{SHA256: image.SHA256, Data: []byte("other")}}, want: engine.CodeInvalid},
		{record: item("last", axis(1))},
	}
	writes := make([]engine.Write, len(cases))
	for i, c := range cases {
		writes[i] = engine.Write{Record: c.record, Blobs: c.blobs}
	}
	outcomes, err := f.backend.Upsert(f.Context(), shop, writes)
	require.NoError(f, err)
	require.Len(f, outcomes, len(cases))
	for i, c := range cases {
		require.Equal(f, c.want, engine.CodeOf(outcomes[i].Err), "%q: %v", c.record.Item.ID, outcomes[i].Err)
		require.Equal(f, c.want == "", outcomes[i].Created, "%q", c.record.Item.ID)
	}
	list, err := f.backend.List(f.Context(), shop, "", 100)
	require.NoError(f, err)
	require.Len(f, list, 2)
	require.Equal(f, []string{"first"}, ids(f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 1})))
	require.Equal(f, 2, f.stats().Entries[engine.ModalityImage].Vectors)
}

// sameIDTwice applies the records of a call in order.
func sameIDTwice(f *fixture) {
	f.create(shop)
	stored := f.put(item("c", axis(6)))[0]
	outcomes, err := f.backend.Upsert(f.Context(), shop, []engine.Write{
		{Record: item("a", axis(0))},
		{Record: item("b", axis(1))},
		{Record: item("a", axis(2), axis(3))},
		{Record: item("a", axis(4))},
		{Record: item("c", axis(7)), IfRevision: stored.Revision},
		{Record: item("c", axis(5)), IfRevision: stored.Revision},
	})
	require.NoError(f, err)
	created := make([]bool, len(outcomes))
	for i, o := range outcomes {
		created[i] = o.Created
	}
	require.Equal(f, []bool{true, true, false, false, false, false}, created)
	require.NoError(f, outcomes[4].Err)
	requireCode(f, engine.CodeConflict, outcomes[5].Err)
	check := func() {
		require.Equal(f, outcomes[3].Item, f.get("a").Item)
		require.Equal(f, outcomes[4].Item, f.get("c").Item)
		require.Equal(f, item("a", axis(4)).Entries, f.get("a").Entries)
		require.Equal(f, 3, f.stats().Entries[engine.ModalityImage].Vectors)
		for _, gone := range []int{0, 2, 3, 5, 6} {
			require.Less(f, f.nearest(engine.VectorQuery{Vector: axis(gone), Limit: 1})[0].Score, float32(0.5))
		}
	}
	check()
	f.restart()
	check()
}

// replacingEntries changes the vectors of an item in every way; what is gone must not be found.
func replacingEntries(f *fixture) {
	f.create(shop)
	f.put(item("other", axis(15)))
	versions := []struct {
		name    string
		vectors [][]float32
	}{
		{"two", [][]float32{axis(0), axis(1)}},
		{"the same", [][]float32{axis(0), axis(1)}},
		{"swapped", [][]float32{axis(1), axis(0)}},
		{"one more in front", [][]float32{axis(2), axis(1), axis(0)}},
		{"one twice", [][]float32{axis(2), axis(2)}},
		{"none", nil},
		{"all new", [][]float32{axis(3), axis(4), axis(5)}},
	}
	for _, v := range versions {
		f.put(item("a", v.vectors...))
		check := func() {
			require.Equal(f, len(v.vectors)+1, f.stats().Entries[engine.ModalityImage].Vectors, v.name)
			for d := range 6 {
				want := Exact([]engine.Record{item("a", v.vectors...)}, engine.VectorQuery{
					Vector: axis(d), Modality: engine.ModalityImage, Limit: 1,
				})
				got := f.nearest(engine.VectorQuery{Vector: axis(d), Limit: 1, Exclude: []string{"other"}})
				if len(want) > 0 && want[0].Score < 0.5 { // any of its entries is as good
					require.Equal(f, want[0].Score, got[0].Score, v.name)
					continue
				}
				if len(got) > 0 && v.name == "one twice" {
					got[0].Ordinal = 0 // both are best
				}
				require.ElementsMatch(f, want, got, v.name)
			}
		}
		check()
		f.restart()
		check()
	}
}

func pictures(f *fixture) {
	ctx := f.Context()
	f.create(shop)
	r := seeded(f, 4)
	blob, image := Picture(r, 2000)
	second, secondImage := Picture(r, 50_000)
	unnamed, _ := Picture(r, 10)
	write := func(id string, blobs []engine.Blob, images ...engine.Image) {
		record := item(id, axis(0))
		record.Item.Images = images
		outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: record, Blobs: blobs}})
		require.NoError(f, err)
		require.NoError(f, outcomes[0].Err)
	}
	present := func(b engine.Blob) {
		f.Helper()
		file, err := f.backend.OpenBlob(ctx, b.SHA256)
		require.NoError(f, err)
		data, err := io.ReadAll(file)
		require.NoError(f, err)
		require.Equal(f, b.Data, data)
		_, err = file.Seek(5, io.SeekStart)
		require.NoError(f, err)
		require.NoError(f, file.Close())
	}
	absent := func(hash string) {
		f.Helper()
		_, err := f.backend.OpenBlob(ctx, hash)
		requireCode(f, engine.CodeNotFound, err)
	}

	write("a", []engine.Blob{blob, second, unnamed}, image, secondImage, image)
	write("b", nil, image) // stored already
	present(blob)
	present(second)
	absent(unnamed.SHA256)
	absent("")
	absent("../shop")
	absent(strings.ToUpper(blob.SHA256))

	write("a", nil, secondImage)
	present(blob) // b still names it
	f.restart()
	present(blob)
	_, err := f.backend.Delete(ctx, shop, []string{"b"})
	require.NoError(f, err)
	absent(blob.SHA256)
	present(second)
	write("b", []engine.Blob{blob}, image) // comes back
	present(blob)

	record := item("film", axis(0), axis(1))
	record.Item.Video = &engine.Video{
		SHA256: unnamed.SHA256, Type: "video/webm", Width: 3, Height: 2, Bytes: int64(len(unnamed.Data)), Duration: 2.5,
		Segments: []engine.Segment{{Start: 0, End: 1, Peak: 0.5}, {Start: 1, End: 2.5, Peak: 2}},
	}
	outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: record, Blobs: []engine.Blob{unnamed}}})
	require.NoError(f, err)
	require.NoError(f, outcomes[0].Err)
	f.restart()
	present(unnamed)
	stored, err := f.backend.Get(ctx, shop, "film")
	require.NoError(f, err)
	require.Equal(f, record.Item.Video, stored.Item.Video)
	_, err = f.backend.Delete(ctx, shop, []string{"film"})
	require.NoError(f, err)
	absent(unnamed.SHA256)
}

func deleting(f *fixture) {
	ctx := f.Context()
	f.create(shop)
	f.put(item("a", axis(0)), item("b", axis(1)), item("c", axis(2)))
	n, err := f.backend.Delete(ctx, shop, []string{"a", "none", "c", "a"})
	require.NoError(f, err)
	require.Equal(f, 2, n)
	n, err = f.backend.Delete(ctx, shop, []string{"a"})
	require.NoError(f, err)
	require.Zero(f, n)
	n, err = f.backend.Delete(ctx, shop, nil)
	require.NoError(f, err)
	require.Zero(f, n)
	check := func() {
		require.Equal(f, 1, f.stats().Items)
		require.Equal(f, []string{"b"}, ids(f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 10})))
		_, err = f.backend.Get(ctx, shop, "a")
		requireCode(f, engine.CodeNotFound, err)
	}
	check()
	f.restart()
	check()
}

// endedContexts must not hang, and say what is known.
func endedContexts(f *fixture) {
	f.create(shop)
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: item("a", axis(0))}})
	require.ErrorIs(f, err, context.Canceled)
	_, err = f.backend.Delete(ctx, shop, []string{"a"})
	require.ErrorIs(f, err, context.Canceled)
	_, err = f.backend.Get(ctx, shop, "a")
	require.ErrorIs(f, err, context.Canceled)
	_, err = f.backend.Nearest(ctx, shop, engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityImage, Limit: 1})
	require.ErrorIs(f, err, context.Canceled)

	// Cut off at any moment, a write is stored, not stored, or unknown, and never stored half.
	for i := range 30 {
		id := fmt.Sprint("item-", i)
		ctx, cancel := context.WithTimeout(f.Context(), time.Duration(i)*100*time.Microsecond)
		outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: item(id, axis(0), axis(1))}})
		cancel()
		record, getErr := f.backend.Get(f.Context(), shop, id)
		switch {
		case err != nil:
			require.True(f, errors.Is(err, context.DeadlineExceeded) || engine.CodeOf(err) == engine.CodeOutcomeUnknown, "%v", err)
		case outcomes[0].Err != nil:
			requireCode(f, engine.CodeOutcomeUnknown, outcomes[0].Err)
		default:
			require.NoError(f, getErr)
		}
		if getErr == nil {
			require.Len(f, record.Entries, 2)
		}
	}
}
