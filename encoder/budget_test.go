package encoder

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestPixelBudget(t *testing.T) {
	for name, tc := range map[string]struct {
		pictures []int64 // pixels, taken one after another; none is given back
		waits    bool    // the last one
	}{
		"all fit":                {[]int64{40, 60}, false},
		"one too many":           {[]int64{40, 60, 1}, true},
		"too large, but alone":   {[]int64{500}, false},
		"too large, not alone":   {[]int64{1, 500}, true},
		"behind a large one":     {[]int64{500, 1}, true},
		"no pixel, in full room": {[]int64{100, 0}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newPixelBudget(100)
				ctx, cancel := context.WithCancel(t.Context())
				taken := 0
				for _, n := range tc.pictures {
					go func() {
						if _, err := b.take(ctx, n); err == nil {
							taken++
						}
					}()
					synctest.Wait()
				}
				want := len(tc.pictures)
				if tc.waits {
					want--
				}
				require.Equal(t, want, taken)
				cancel() // who waits gives up
				synctest.Wait()
				require.Equal(t, want, taken)
			})
		})
	}
}

// TestLargePictureIsNotOvertaken keeps small pictures, which would fit, behind a large one that waits.
func TestLargePictureIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPixelBudget(100)
		giveBack, err := b.take(t.Context(), 60)
		require.NoError(t, err)
		var order []int64
		for _, n := range []int64{500, 10} {
			go func() {
				release, err := b.take(t.Context(), n)
				order = append(order, n)
				if err == nil {
					release()
				}
			}()
			synctest.Wait()
		}
		require.Empty(t, order)
		giveBack()
		synctest.Wait()
		require.Equal(t, []int64{500, 10}, order)
	})
}

// TestDecodingInTurn has a budget that every picture exceeds: they are decoded one by one, thumbnails among them.
func TestDecodingInTurn(t *testing.T) {
	e := openBundled(t, Options{Threads: 4, DecodePixels: 1})
	bag := readPicture(t, "bag.jpg")
	made := make(chan error)
	for range 4 {
		go func() { _, err := e.Thumbnail(t.Context(), bag, 64); made <- err }()
	}
	images, err := e.EncodeImages(t.Context(), [][]byte{bag, []byte("no picture"), bag, bag[:300], bag})
	require.NoError(t, err)
	for i, good := range []bool{true, false, true, false, true} {
		require.Equal(t, good, images[i].Err == nil, "%d: %v", i, images[i].Err)
	}
	for range 4 {
		require.NoError(t, <-made)
	}
	all, err := e.pixels.take(t.Context(), 1)
	require.NoError(t, err, "failures give their pixels back too")
	all()
}
