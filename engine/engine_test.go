package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
)

const shop = "shop"

type fixture struct {
	*engine.Engine
	encoder *enginetest.Encoder
	backend *enginetest.Backend
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	f := fixture{encoder: enginetest.NewEncoder(32), backend: enginetest.NewBackend()}
	var err error
	f.Engine, err = engine.New(f.backend, []engine.Encoder{f.encoder}, engine.DefaultOptions())
	require.NoError(t, err)
	_, err = f.CreateCollection(t.Context(), engine.CollectionInput{Name: shop})
	require.NoError(t, err)
	return f
}

func (f fixture) put(t *testing.T, id, words string) {
	t.Helper()
	_, err := f.Upsert(t.Context(), shop, engine.ItemInput{
		ID: id, Texts: map[string]string{"title": words}, Images: [][]byte{enginetest.Picture(words)},
	})
	require.NoError(t, err)
}

func ids(r engine.Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.Item.ID)
	}
	return out
}

func words(text string, weight float64) engine.Part { return engine.Part{Text: text, Weight: weight} }

func TestUpsertRefusesBadInput(t *testing.T) {
	title := map[string]string{"title": "x"}
	many := func(n int) map[string]any {
		m := map[string]any{}
		for i := range n {
			m[fmt.Sprint(i)] = true
		}
		return m
	}
	for name, tc := range map[string]struct {
		in   engine.ItemInput
		code engine.Code
	}{
		"no id":                {engine.ItemInput{Texts: title}, engine.CodeInvalid},
		"long id":              {engine.ItemInput{ID: strings.Repeat("x", 513), Texts: title}, engine.CodeInvalid},
		"id not UTF-8":         {engine.ItemInput{ID: "\xff", Texts: title}, engine.CodeInvalid},
		"id that is a path":    {engine.ItemInput{ID: "..", Texts: title}, engine.CodeInvalid},
		"id with control":      {engine.ItemInput{ID: "a\nb", Texts: title}, engine.CodeInvalid},
		"nothing to find":      {engine.ItemInput{ID: "a", Attributes: map[string]any{"x": "y"}}, engine.CodeUnprocessable},
		"blank text":           {engine.ItemInput{ID: "a", Texts: map[string]string{"title": " \n"}}, engine.CodeInvalid},
		"text not UTF-8":       {engine.ItemInput{ID: "a", Texts: map[string]string{"title": "\xc3\x28"}}, engine.CodeInvalid},
		"huge text":            {engine.ItemInput{ID: "a", Texts: map[string]string{"title": strings.Repeat("x", 256<<10+1)}}, engine.CodeTooLarge},
		"no picture":           {engine.ItemInput{ID: "a", Images: [][]byte{[]byte("hello")}}, engine.CodeMediaType},
		"too many pictures":    {engine.ItemInput{ID: "a", Images: make([][]byte, 65)}, engine.CodeTooLarge},
		"nested attribute":     {engine.ItemInput{ID: "a", Texts: title, Attributes: map[string]any{"x": map[string]any{}}}, engine.CodeInvalid},
		"list of lists":        {engine.ItemInput{ID: "a", Texts: title, Attributes: map[string]any{"x": []any{[]any{}}}}, engine.CodeInvalid},
		"null attribute":       {engine.ItemInput{ID: "a", Texts: title, Attributes: map[string]any{"x": nil}}, engine.CodeInvalid},
		"NaN attribute":        {engine.ItemInput{ID: "a", Texts: title, Attributes: map[string]any{"x": math.NaN()}}, engine.CodeInvalid},
		"number out of range":  {engine.ItemInput{ID: "a", Texts: title, Attributes: map[string]any{"x": json.Number("1e999")}}, engine.CodeInvalid},
		"too many attributes":  {engine.ItemInput{ID: "a", Texts: title, Attributes: many(1001)}, engine.CodeTooLarge},
		"vector of wrong size": {engine.ItemInput{ID: "a", Vectors: map[engine.Modality][][]float32{"image": {{1, 2}}}}, engine.CodeDimension},
		"zero vector":          {engine.ItemInput{ID: "a", Vectors: map[engine.Modality][][]float32{"image": {make([]float32, 32)}}}, engine.CodeInvalid},
		"NaN vector": {engine.ItemInput{ID: "a", Vectors: map[engine.Modality][][]float32{
			"image": {append(make([]float32, 31), float32(math.NaN()))}}}, engine.CodeInvalid},
		"unknown modality": {engine.ItemInput{ID: "a", Vectors: map[engine.Modality][][]float32{"sound": {make([]float32, 32)}}}, engine.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			_, err := f.Upsert(t.Context(), shop, tc.in)
			require.Equal(t, tc.code, engine.CodeOf(err), "%v", err)
			items, err := f.Items(t.Context(), shop, "", 10)
			require.NoError(t, err)
			require.Empty(t, items, "a refused item must leave nothing behind")
		})
	}
}

func TestSearchRefusesBadInput(t *testing.T) {
	for name, tc := range map[string]struct {
		q    engine.Query
		code engine.Code
	}{
		"no parts":             {engine.Query{}, engine.CodeInvalid},
		"empty part":           {engine.Query{Parts: []engine.Part{{Weight: 1}}}, engine.CodeInvalid},
		"two in one part":      {engine.Query{Parts: []engine.Part{{Text: "a", Item: "b", Weight: 1}}}, engine.CodeInvalid},
		"zero weight":          {engine.Query{Parts: []engine.Part{words("a", 0)}}, engine.CodeInvalid},
		"infinite weight":      {engine.Query{Parts: []engine.Part{words("a", math.Inf(1))}}, engine.CodeInvalid},
		"blank text":           {engine.Query{Parts: []engine.Part{words("  ", 1)}}, engine.CodeInvalid},
		"parts cancel out":     {engine.Query{Parts: []engine.Part{words("a", 1), words("a", -1)}}, engine.CodeInvalid},
		"unknown target":       {engine.Query{Parts: []engine.Part{words("a", 1)}, Target: "sound"}, engine.CodeInvalid},
		"negative limit":       {engine.Query{Parts: []engine.Part{words("a", 1)}, Limit: -1}, engine.CodeInvalid},
		"huge limit":           {engine.Query{Parts: []engine.Part{words("a", 1)}, Limit: 1001}, engine.CodeInvalid},
		"huge ef":              {engine.Query{Parts: []engine.Part{words("a", 1)}, Ef: 1e6}, engine.CodeInvalid},
		"unknown item":         {engine.Query{Parts: []engine.Part{{Item: "none", Weight: 1}}}, engine.CodeNotFound},
		"vector of wrong size": {engine.Query{Parts: []engine.Part{{Vector: []float32{1}, Weight: 1}}}, engine.CodeDimension},
		"empty picture":        {engine.Query{Parts: []engine.Part{{Image: []byte{}, Weight: 1}}}, engine.CodeUnprocessable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newFixture(t).Search(t.Context(), shop, tc.q)
			require.Equal(t, tc.code, engine.CodeOf(err), "%v", err)
		})
	}
}

func TestCollections(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		in   engine.CollectionInput
		code engine.Code
	}{
		"empty name":      {engine.CollectionInput{}, engine.CodeInvalid},
		"path as name":    {engine.CollectionInput{Name: "../x"}, engine.CodeInvalid},
		"capital letters": {engine.CollectionInput{Name: "Shop"}, engine.CodeInvalid},
		"taken":           {engine.CollectionInput{Name: shop}, engine.CodeExists},
		"unknown encoder": {engine.CollectionInput{Name: "a", Encoder: "none"}, engine.CodeNotFound},
		"unknown index":   {engine.CollectionInput{Name: "a", Index: engine.IndexConfig{Kind: "tree"}}, engine.CodeInvalid},
		"m out of range":  {engine.CollectionInput{Name: "a", Index: engine.IndexConfig{M: 1}}, engine.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.CreateCollection(t.Context(), tc.in)
			require.Equal(t, tc.code, engine.CodeOf(err), "%v", err)
		})
	}
	info, err := f.CreateCollection(t.Context(), engine.CollectionInput{Name: "b", Index: engine.IndexConfig{Kind: "flat"}})
	require.NoError(t, err)
	require.Equal(t, "flat", info.Index.Kind)
	require.Equal(t, 16, info.Index.M, "settings not named come from the defaults")

	page, err := f.Collections(t.Context(), "b", 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, shop, page[0].Name)
	require.NoError(t, f.DropCollection(t.Context(), "b"))
	_, err = f.CollectionInfo(t.Context(), "b")
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}

func TestUpsertKeepsAnItemAsItCame(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("长裙 👗 ", 2000)
	in := engine.ItemInput{
		ID:         "货号/1 é",
		Texts:      map[string]string{"title": "红色连衣裙 👗", "description": long},
		Images:     [][]byte{enginetest.Picture("red dress"), enginetest.Picture("red dress back")},
		Attributes: map[string]any{"price": json.Number("29.90"), "big": json.Number("9007199254740993"), "sizes": []any{"M", "L"}, "in_stock": true},
	}
	stored, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.True(t, stored.Created)
	got, err := f.Item(t.Context(), shop, in.ID)
	require.NoError(t, err)
	require.Equal(t, in.Texts, got.Texts)
	require.Equal(t, in.Attributes, got.Attributes)
	require.Len(t, got.Images, 2)
	require.Equal(t, 60, got.Images[0].Width)

	img, blob, err := f.OpenImage(t.Context(), shop, in.ID, 1)
	require.NoError(t, err)
	data, err := io.ReadAll(blob)
	require.NoError(t, err)
	require.NoError(t, blob.Close())
	require.Equal(t, in.Images[1], data)
	require.EqualValues(t, len(data), img.Bytes)
	_, _, err = f.OpenImage(t.Context(), shop, in.ID, 2)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}

func TestRepeatingAnUpsertCostsNothing(t *testing.T) {
	f := newFixture(t)
	in := engine.ItemInput{
		ID: "a", Texts: map[string]string{"title": "red dress"}, Images: [][]byte{enginetest.Picture("red dress")},
		Attributes: map[string]any{"price": 5, "sizes": []string{"M"}},
		Vectors:    map[engine.Modality][][]float32{"text": {f.encoder.Vector("own")}},
	}
	_, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	before := f.encoder.Calls()

	again, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.True(t, again.Unchanged)
	require.EqualValues(t, 1, again.Item.Revision)
	require.Equal(t, before, f.encoder.Calls(), "nothing is encoded again")

	in.Attributes["price"] = 6
	updated, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.False(t, updated.Unchanged)
	require.EqualValues(t, 2, updated.Item.Revision)
	require.Equal(t, before, f.encoder.Calls(), "another price needs no encoding")

	in.Texts["title"] = "blue dress"
	_, err = f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	after := f.encoder.Calls()
	require.Equal(t, before.Texts+1, after.Texts)
	require.Equal(t, before.Images, after.Images, "the picture is the same")
}

func TestBatchGivesEachItemItsOwnOutcome(t *testing.T) {
	f := newFixture(t)
	f.put(t, "same", "red dress")
	before := f.encoder.Calls()
	picture := enginetest.Picture("blue dress")
	item := func(id, title string, images ...[]byte) engine.ItemInput {
		return engine.ItemInput{ID: id, Texts: map[string]string{"title": title}, Images: images}
	}
	results, err := f.UpsertBatch(t.Context(), shop, []engine.ItemInput{
		item("new", "blue dress", picture),
		item("broken", "never encoded", []byte("no picture")),
		item("same", "red dress", enginetest.Picture("red dress")),
		item("", "no id"),
		item("like new", "blue dress", picture, picture),
	})
	require.NoError(t, err)
	require.Len(t, results, 5)
	require.True(t, results[0].Stored.Created)
	require.Equal(t, engine.CodeMediaType, engine.CodeOf(results[1].Err))
	require.ErrorContains(t, results[1].Err, "images[0]")
	require.True(t, results[2].Stored.Unchanged)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(results[3].Err))
	require.True(t, results[4].Stored.Created)
	after := f.encoder.Calls()
	require.Equal(t, before.Images+2, after.Images, "a picture that several items share is encoded once")
	require.Equal(t, before.Texts+1, after.Texts)
	items, err := f.Items(t.Context(), shop, "", 10)
	require.NoError(t, err)
	require.Len(t, items, 3)

	_, err = f.UpsertBatch(t.Context(), shop, make([]engine.ItemInput, 1001))
	require.Equal(t, engine.CodeTooLarge, engine.CodeOf(err))
	results, err = f.UpsertBatch(t.Context(), shop, nil)
	require.NoError(t, err)
	require.Empty(t, results)
}

// TestTextWithoutDirectionFailsAlone sends a text that the encoder can do nothing with beside others.
func TestTextWithoutDirectionFailsAlone(t *testing.T) {
	f := newFixture(t)
	items := make([]engine.ItemInput, 32)
	for i := range items {
		items[i] = engine.ItemInput{ID: fmt.Sprint(i), Texts: map[string]string{"title": fmt.Sprintf("shirt number %d", i)}}
	}
	items[7].Texts["subtitle"] = enginetest.Void
	results, err := f.UpsertBatch(t.Context(), shop, items)
	require.NoError(t, err)
	for i, r := range results {
		if i != 7 {
			require.NoError(t, r.Err)
			continue
		}
		require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(r.Err))
		require.ErrorContains(t, r.Err, "texts.subtitle")
	}
	c, err := f.CollectionInfo(t.Context(), shop)
	require.NoError(t, err)
	require.EqualValues(t, 31, c.Stats.Items)

	_, err = f.Search(t.Context(), shop, engine.Query{Parts: []engine.Part{words("shirt", 1), words(enginetest.Void, 1)}})
	require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(err))
	require.ErrorContains(t, err, "query[1].text")
	_, err = f.Embed(t.Context(), "", []string{"shirt", enginetest.Void}, nil)
	require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(err))
	require.ErrorContains(t, err, "texts[1]")
}

func TestLastOfABatchWins(t *testing.T) {
	f := newFixture(t)
	f.put(t, "a", "red dress")
	red := engine.ItemInput{ID: "a", Texts: map[string]string{"title": "red dress"}, Images: [][]byte{enginetest.Picture("red dress")}}
	blue := red
	blue.Texts = map[string]string{"title": "blue dress"}
	results, err := f.UpsertBatch(t.Context(), shop, []engine.ItemInput{blue, red})
	require.NoError(t, err)
	require.False(t, results[1].Stored.Unchanged, "it is what was stored, but not any more")
	got, err := f.Item(t.Context(), shop, "a")
	require.NoError(t, err)
	require.Equal(t, "red dress", got.Texts["title"])
}

func TestPatch(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.Upsert(ctx, shop, engine.ItemInput{
		ID: "a", Texts: map[string]string{"title": "red dress", "old": "worn"}, Images: [][]byte{enginetest.Picture("red dress")},
		Attributes: map[string]any{"price": 5, "season": "summer"},
		Vectors:    map[engine.Modality][][]float32{"image": {f.encoder.Vector("own")}},
	})
	require.NoError(t, err)
	before, err := f.Item(ctx, shop, "a")
	require.NoError(t, err)
	blue := "blue dress"
	p := engine.Patch{Texts: map[string]*string{"title": &blue, "old": nil}, Attributes: map[string]any{"price": 6, "season": nil}}
	_, err = f.Patch(ctx, shop, "a", p)
	require.NoError(t, err)
	got, err := f.Item(ctx, shop, "a")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"title": "blue dress"}, got.Texts)
	require.Equal(t, map[string]any{"price": json.Number("6")}, got.Attributes)
	require.Equal(t, before.Images, got.Images)
	require.Equal(t, map[engine.Modality]int{"image": 1}, got.OwnVectors)
	found, err := f.Search(ctx, shop, engine.Query{Parts: []engine.Part{words("blue dress", 1)}, Target: engine.TargetText})
	require.NoError(t, err)
	require.InDelta(t, 1, found.Hits[0].Score, 1e-5, "the new text is searched by")

	again, err := f.Patch(ctx, shop, "a", p)
	require.NoError(t, err)
	require.True(t, again.Unchanged)
	_, err = f.Patch(ctx, shop, "none", p)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	empty := ""
	_, err = f.Patch(ctx, shop, "a", engine.Patch{Texts: map[string]*string{"title": &empty}})
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
}

func TestConcurrentPatchesAllTakeEffect(t *testing.T) {
	f := newFixture(t)
	f.put(t, "a", "red dress")
	const n = 32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, err := f.Patch(t.Context(), shop, "a", engine.Patch{Attributes: map[string]any{fmt.Sprint(i): i}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := f.Item(t.Context(), shop, "a")
	require.NoError(t, err)
	require.Len(t, got.Attributes, n)
}

func TestSearchMixesParts(t *testing.T) {
	f := newFixture(t)
	for id, text := range map[string]string{"rd": "red dress", "bd": "blue dress", "rs": "red shoes", "bs": "blue shoes", "hat": "straw hat"} {
		f.put(t, id, text)
	}
	search := func(q engine.Query) engine.Result {
		t.Helper()
		r, err := f.Search(t.Context(), shop, q)
		require.NoError(t, err)
		return r
	}
	r := search(engine.Query{Parts: []engine.Part{words("red dress", 1)}})
	require.Equal(t, "rd", ids(r)[0])
	require.InDelta(t, 1, r.Hits[0].Score, 1e-5)
	require.Equal(t, engine.ModalityImage, r.Hits[0].Matched.Modality)

	require.Equal(t, "rs", ids(search(engine.Query{Parts: []engine.Part{{Image: enginetest.Picture("red"), Weight: 1}, words("shoes", 1)}}))[0])
	require.Equal(t, "bs", ids(search(engine.Query{Parts: []engine.Part{words("red shoes", 1), words("red", -1), words("blue", 1)}}))[0])
	require.Equal(t, "hat", ids(search(engine.Query{Parts: []engine.Part{{Vector: f.encoder.Vector("hat"), Weight: 3}}}))[0])

	like := search(engine.Query{Parts: []engine.Part{{Item: "rd", Weight: 1}}, Limit: 2})
	require.Len(t, like.Hits, 2)
	require.NotContains(t, ids(like), "rd", "an item is not like itself")

	require.Len(t, search(engine.Query{Parts: []engine.Part{words("dress", 1)}}).Hits, 5, "fewer than the limit is no error")
}

func TestSearchAnyFusesRanks(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.Upsert(ctx, shop, engine.ItemInput{ID: "picture", Images: [][]byte{enginetest.Picture("red dress")}})
	require.NoError(t, err)
	_, err = f.Upsert(ctx, shop, engine.ItemInput{ID: "text", Texts: map[string]string{"title": "red dress"}})
	require.NoError(t, err)
	f.put(t, "both", "red dress long")
	r, err := f.Search(ctx, shop, engine.Query{Parts: []engine.Part{words("red dress", 1)}, Target: engine.TargetAny})
	require.NoError(t, err)
	require.Equal(t, []string{"both", "picture", "text"}, ids(r), "found by both beats a better match of one")
	require.Equal(t, engine.ModalityText, r.Hits[2].Matched.Modality)
}

func TestAnotherEncoderIsRefused(t *testing.T) {
	f := newFixture(t)
	f.put(t, "a", "red dress")
	f.encoder.Print = "print-2"
	_, err := f.Search(t.Context(), shop, engine.Query{Parts: []engine.Part{words("red", 1)}})
	require.Equal(t, engine.CodeEncoder, engine.CodeOf(err))
	_, err = f.Upsert(t.Context(), shop, engine.ItemInput{ID: "b", Texts: map[string]string{"title": "x"}})
	require.Equal(t, engine.CodeEncoder, engine.CodeOf(err))
	_, err = f.Item(t.Context(), shop, "a")
	require.NoError(t, err, "what is stored can still be read")
}

func TestBackendFailuresReachTheCaller(t *testing.T) {
	f := newFixture(t)
	full := engine.Errorf(engine.CodeStorageFull, "the disk is full")
	f.backend.Fail = func(method string) error {
		if method == "Upsert" {
			return full
		}
		return nil
	}
	_, err := f.Upsert(t.Context(), shop, engine.ItemInput{ID: "a", Texts: map[string]string{"title": "x"}})
	require.ErrorIs(t, err, full)
}

// TestRepeatedItemIsWrittenWhenItsPictureIsNotWhole must not take an item for unchanged whose picture cannot be read.
func TestRepeatedItemIsWrittenWhenItsPictureIsNotWhole(t *testing.T) {
	for name, c := range map[string]struct {
		code    engine.Code
		written bool
	}{
		"damaged": {engine.CodeDamaged, true}, "gone": {engine.CodeNotFound, true},
		"not known": {engine.CodeUnavailable, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.put(t, "a", "red dress")
			before := f.encoder.Calls()
			f.backend.Fail = func(method string) error {
				if method == "OpenBlob" {
					return engine.Errorf(c.code, "the picture is %s", name)
				}
				return nil
			}
			stored, err := f.Upsert(t.Context(), shop, engine.ItemInput{
				ID: "a", Texts: map[string]string{"title": "red dress"}, Images: [][]byte{enginetest.Picture("red dress")},
			})
			require.Equal(t, before, f.encoder.Calls(), "nothing is encoded again")
			require.False(t, stored.Unchanged)
			if !c.written {
				require.Equal(t, c.code, engine.CodeOf(err))
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 2, stored.Item.Revision)
		})
	}
}

// failingThumbnailer refuses every picture.
type failingThumbnailer struct{ err error }

func (f failingThumbnailer) Thumbnail(context.Context, []byte, int) ([]byte, error) {
	return nil, f.err
}

func TestThumbnailOfWhatCannotBeDecoded(t *testing.T) {
	busy := engine.Errorf(engine.CodeBusy, "the queue is full")
	for name, c := range map[string]struct {
		blob io.Reader
		err  error
		want engine.Code
	}{
		"no picture":     {strings.NewReader("x"), engine.Errorf(engine.CodeMediaType, "not a picture"), engine.CodeDamaged},
		"cut off":        {strings.NewReader("x"), engine.Errorf(engine.CodeUnprocessable, "cut off"), engine.CodeDamaged},
		"unreadable":     {iotest.ErrReader(io.ErrUnexpectedEOF), nil, engine.CodeDamaged},
		"another reason": {strings.NewReader("x"), busy, engine.CodeBusy},
	} {
		t.Run(name, func(t *testing.T) {
			o := engine.DefaultOptions()
			o.Thumbnailer = failingThumbnailer{err: c.err}
			e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{enginetest.NewEncoder(8)}, o)
			require.NoError(t, err)
			_, err = e.Thumbnail(t.Context(), c.blob, 100)
			require.Equal(t, c.want, engine.CodeOf(err), "%v", err)
		})
	}
}

func TestEmbed(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	out, err := f.Embed(ctx, "", []string{"red"}, [][]byte{enginetest.Picture("red"), []byte("no picture")})
	require.NoError(t, err)
	require.Equal(t, out.Texts[0], out.Images[0].Vector)
	require.Equal(t, engine.CodeMediaType, engine.CodeOf(out.Images[1].Err), "one bad picture does not spoil the others")
	for name, call := range map[string]func() error{
		"nothing":         func() error { _, err := f.Embed(ctx, "", nil, nil); return err },
		"unknown encoder": func() error { _, err := f.Embed(ctx, "none", []string{"a"}, nil); return err },
		"empty text":      func() error { _, err := f.Embed(ctx, "", []string{""}, nil); return err },
		"too many":        func() error { _, err := f.Embed(ctx, "", make([]string, 1001), nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			var e *engine.Error
			require.True(t, errors.As(call(), &e))
		})
	}
}

func TestRanksAndRecalls(t *testing.T) {
	queries := [][]float32{{1, 0}, {0, 1}, {1, 0}}
	candidates := [][]float32{{1, 0}, {1, 0}, {0.5, 0.5}}
	require.Equal(t, []int{1, 2, 3}, engine.Ranks(queries, candidates))
	r := engine.Summarise([]int{1, 2, 7, 0})
	require.Equal(t, engine.Retrieval{Queries: 4, Recall1: 0.25, Recall5: 0.5, Recall10: 0.75, MedianRank: 4.5}, r)
	require.Zero(t, engine.Summarise([]int{0, 0, 1}).MedianRank, "the median itself was not found")
	require.Zero(t, engine.Summarise(nil))
}

func TestErrorKeepsItsCause(t *testing.T) {
	e := engine.Errorf(engine.CodeInternal, "reading: %w", io.ErrUnexpectedEOF)
	require.ErrorIs(t, e, io.ErrUnexpectedEOF)
	require.Equal(t, engine.CodeInternal, engine.CodeOf(errors.New("plain")))
	require.Empty(t, engine.CodeOf(nil))
	require.Equal(t, "try again", e.WithHint("try again").Hint)
}
