package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
)

func newVideoFixture(t *testing.T) fixture {
	f := newFixture(t)
	o := engine.DefaultOptions()
	o.Videos = enginetest.Videos
	var err error
	f.Engine, err = engine.New(f.backend, []engine.Encoder{f.encoder}, o)
	require.NoError(t, err)
	return f
}

func TestClipsThatAreRefused(t *testing.T) {
	_, err := newFixture(t).Upsert(t.Context(), shop, engine.ItemInput{ID: "a", Video: enginetest.Video("a hat")})
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "of a server that takes none")

	f := newVideoFixture(t)
	_, err = f.Upsert(t.Context(), shop, engine.ItemInput{ID: "a", Video: []byte("text")})
	require.Equal(t, engine.CodeMediaType, engine.CodeOf(err))
	require.ErrorContains(t, err, "video: ")
	_, err = f.Upsert(t.Context(), shop, engine.ItemInput{ID: "a", Video: []byte{}})
	require.Equal(t, engine.CodeMediaType, engine.CodeOf(err))

	results, err := f.UpsertBatch(t.Context(), shop, []engine.ItemInput{
		{ID: "bad", Video: []byte("text")}, {ID: "good", Video: enginetest.Video("red hat")},
	})
	require.NoError(t, err)
	require.Error(t, results[0].Err)
	require.NoError(t, results[1].Err)
}

// TestSearchFindsTheSecond has an item with every kind of entry; its clip shows two things.
func TestSearchFindsTheSecond(t *testing.T) {
	f := newVideoFixture(t)
	own := f.encoder.Vector("golden ring")
	_, err := f.Upsert(t.Context(), shop, engine.ItemInput{
		ID: "film", Texts: map[string]string{"title": "spring"}, Images: [][]byte{enginetest.Picture("white shoe")},
		Video: enginetest.Video("red hat", "blue coat"), Vectors: map[engine.Modality][][]float32{engine.ModalityImage: {own}},
	})
	require.NoError(t, err)
	for words, want := range map[string]*engine.Segment{
		"white shoe": nil, "golden ring": nil,
		"red hat": {Start: 0, End: 1, Peak: 0.5}, "blue coat": {Start: 1, End: 2, Peak: 1.5},
	} {
		r, err := f.Search(t.Context(), shop, engine.Query{Parts: []engine.Part{{Text: words, Weight: 1}}})
		require.NoError(t, err)
		require.InDelta(t, 1, r.Hits[0].Score, 1e-5, words)
		require.Equal(t, want, r.Hits[0].Matched.Segment, words)
	}
	item, err := f.Item(t.Context(), shop, "film")
	require.NoError(t, err)
	require.Equal(t, "video/mp4", item.Video.Type)
	require.InDelta(t, 2, item.Video.Duration, 0)

	video, blob, err := f.OpenVideo(t.Context(), shop, "film")
	require.NoError(t, err)
	require.NoError(t, blob.Close())
	require.Equal(t, item.Video.SHA256, video.SHA256)
}

// TestClipsAreEncodedOnce changes everything about an item but its clip.
func TestClipsAreEncodedOnce(t *testing.T) {
	f := newVideoFixture(t)
	in := engine.ItemInput{ID: "film", Video: enginetest.Video("red hat", "blue coat")}
	_, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	encoded := f.encoder.Calls().Images

	again, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.True(t, again.Unchanged)
	title := "spring"
	_, err = f.Patch(t.Context(), shop, "film", engine.Patch{Texts: map[string]*string{"title": &title}})
	require.NoError(t, err)
	require.Equal(t, encoded, f.encoder.Calls().Images)
	in.Images = [][]byte{enginetest.Picture("white shoe")}
	_, err = f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.Equal(t, encoded+1, f.encoder.Calls().Images, "the picture alone")

	r, err := f.Search(t.Context(), shop, engine.Query{Parts: []engine.Part{{Text: "blue coat", Weight: 1}}})
	require.NoError(t, err)
	require.Equal(t, 2, r.Hits[0].Matched.Entry)
	require.InDelta(t, 1.5, r.Hits[0].Matched.Segment.Peak, 0)

	in.Video = nil
	stored, err := f.Upsert(t.Context(), shop, in)
	require.NoError(t, err)
	require.False(t, stored.Unchanged)
	_, _, err = f.OpenVideo(t.Context(), shop, "film")
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}
