package backendtest

import (
	"github.com/stretchr/testify/require"

	"pinax/engine"
)

func collections(f *fixture) {
	ctx := f.Context()
	list, err := f.backend.Collections(ctx)
	require.NoError(f, err)
	require.Empty(f, list)

	want := f.create("商店 b")
	f.create("a")
	requireCode(f, engine.CodeExists, f.backend.CreateCollection(ctx, want))

	check := func() {
		got, err := f.backend.Collection(ctx, want.Name)
		require.NoError(f, err)
		require.Equal(f, want, got)
		list, err := f.backend.Collections(ctx)
		require.NoError(f, err)
		require.Len(f, list, 2)
		require.Equal(f, []string{"a", want.Name}, []string{list[0].Name, list[1].Name})
		require.NoError(f, f.backend.Health(ctx))
	}
	check()
	f.restart()
	check()
}

// missingCollection calls everything that names a collection.
func missingCollection(f *fixture) {
	ctx := f.Context()
	const none = "none"
	calls := map[string]func() error{
		"drop":       func() error { return f.backend.DropCollection(ctx, none) },
		"collection": func() error { _, err := f.backend.Collection(ctx, none); return err },
		"upsert": func() error {
			_, err := f.backend.Upsert(ctx, none, []engine.Write{{Record: item("a", axis(0))}})
			return err
		},
		"delete": func() error { _, err := f.backend.Delete(ctx, none, []string{"a"}); return err },
		"get":    func() error { _, err := f.backend.Get(ctx, none, "a"); return err },
		"items":  func() error { _, err := f.backend.Items(ctx, none, []string{"a"}); return err },
		"list":   func() error { _, err := f.backend.List(ctx, none, "", 10); return err },
		"stats":  func() error { _, err := f.backend.Stats(ctx, none); return err },
		"nearest": func() error {
			_, err := f.backend.Nearest(ctx, none, engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityImage, Limit: 1})
			return err
		},
	}
	for name, call := range calls {
		err := call()
		require.Equal(f, engine.CodeNotFound, engine.CodeOf(err), "%s: %v", name, err)
	}
}

// dropping removes a collection and makes another one of the same name, which must not see anything of the first.
func dropping(f *fixture) {
	ctx := f.Context()
	f.create(shop)
	blob, image := Picture(seeded(f, 1), 100)
	record := item("a", axis(0))
	record.Item.Images = []engine.Image{image}
	outcomes, err := f.backend.Upsert(ctx, shop, []engine.Write{{Record: record, Blobs: []engine.Blob{blob}}})
	require.NoError(f, err)
	require.NoError(f, outcomes[0].Err)

	require.NoError(f, f.backend.DropCollection(ctx, shop))
	requireCode(f, engine.CodeNotFound, f.backend.DropCollection(ctx, shop))
	_, err = f.backend.OpenBlob(ctx, blob.SHA256)
	requireCode(f, engine.CodeNotFound, err)

	check := func() {
		require.Equal(f, 0, f.stats().Items)
		_, err := f.backend.Get(ctx, shop, "a")
		requireCode(f, engine.CodeNotFound, err)
		require.Empty(f, f.nearest(engine.VectorQuery{Vector: axis(0), Limit: 3}))
	}
	f.create(shop)
	check()
	f.restart()
	check()
}

// closed calls a backend after Close.
func closed(f *fixture) {
	ctx := f.Context()
	f.create(shop)
	require.NoError(f, f.backend.Close())
	_, err := f.backend.Get(ctx, shop, "a")
	requireCode(f, engine.CodeUnavailable, err)
	_, err = f.backend.Upsert(ctx, shop, []engine.Write{{Record: item("a", axis(0))}})
	requireCode(f, engine.CodeUnavailable, err)
	_, err = f.backend.Nearest(ctx, shop, engine.VectorQuery{Vector: axis(0), Modality: engine.ModalityImage, Limit: 1})
	requireCode(f, engine.CodeUnavailable, err)
	requireCode(f, engine.CodeUnavailable, f.backend.Health(ctx))
	f.restart()
	require.NoError(f, f.backend.Health(ctx))
}
