package backendtest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

// listing pages through ids in the order of their bytes.
func listing(f *fixture) {
	ctx := f.Context()
	f.create(shop)
	want := []string{"B", "a", "a ", "a/1", "aa", "b", "é", "中", "文", "👗", "\U0010ffff"}
	require.True(f, slices.IsSorted(want))
	for _, i := range seeded(f, 5).Perm(len(want)) {
		f.put(item(want[i], axis(0)))
	}
	for _, limit := range []int{1, 2, 3, 100} {
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			page, err := f.backend.List(ctx, shop, after, limit)
			require.NoError(f, err)
			require.LessOrEqual(f, len(page), limit)
			for _, item := range page {
				got = append(got, item.ID)
			}
			if len(page) < limit {
				break
			}
		}
		require.Equal(f, want, got, "pages of %d", limit)
	}
	page, err := f.backend.List(ctx, shop, "a0", 2) // a cursor need not exist
	require.NoError(f, err)
	require.Equal(f, "aa", page[0].ID)
	_, err = f.backend.List(ctx, shop, "", 0)
	requireCode(f, engine.CodeInvalid, err)
}

func itemsByID(f *fixture) {
	f.create(shop)
	f.put(item("a", axis(0)), item("b", axis(1)), item("c", axis(2)))
	items, err := f.backend.Items(f.Context(), shop, []string{"c", "none", "a", "c"})
	require.NoError(f, err)
	got := make([]string, len(items))
	for i, item := range items {
		got[i] = item.ID
	}
	require.Equal(f, []string{"c", "a", "c"}, got)
	items, err = f.backend.Items(f.Context(), shop, nil)
	require.NoError(f, err)
	require.Empty(f, items)
}
