package cache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
)

// gated is an encoder whose calls wait until they are let, and can be made to fail.
type gated struct {
	*enginetest.Encoder
	gate func(ctx context.Context, texts []string) error
}

func (g *gated) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	if err := g.gate(ctx, texts); err != nil {
		return nil, err
	}
	return g.Encoder.EncodeTexts(ctx, texts)
}

func encodeTexts(t *testing.T, e engine.Encoder, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := e.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	require.Len(t, vectors, len(texts))
	return vectors
}

func TestFailuresAreNotRemembered(t *testing.T) {
	inner := enginetest.NewEncoder(8)
	e := New(inner, 1<<20)
	for range 2 {
		images, err := e.EncodeImages(t.Context(), [][]byte{nil, []byte("text"), enginetest.Picture("red")})
		require.NoError(t, err)
		require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(images[0].Err))
		require.Equal(t, engine.CodeMediaType, engine.CodeOf(images[1].Err))
		require.NoError(t, images[2].Err)
	}
	require.Equal(t, 5, inner.Calls().Images, "the good one is encoded once, the others again")

	broken := errors.New("broken")
	failing := true
	g := New(&gated{inner, func(context.Context, []string) error {
		if failing {
			return broken
		}
		return nil
	}}, 1<<20)
	_, err := g.EncodeTexts(t.Context(), []string{"red"})
	require.ErrorIs(t, err, broken)
	failing = false
	encodeTexts(t, g, "red")
}

func TestInvalidTextsTellTheirPlace(t *testing.T) {
	inner := enginetest.NewEncoder(8)
	e := New(inner, 1<<20)
	encodeTexts(t, e, "red")
	encodeTexts(t, e, "red", "\xff")
	require.Equal(t, 3, inner.Calls().Texts, "such a call is handed on as it is")
}

func TestRepeatedContents(t *testing.T) {
	inner := enginetest.NewEncoder(8)
	e := New(inner, 1<<20)
	first := encodeTexts(t, e, "red", "blue", "red", enginetest.Void)
	require.Equal(t, enginetest.Calls{Texts: 3}, inner.Calls(), "twice in one call is encoded once")
	require.Equal(t, inner.Vector("red"), first[0])
	require.Equal(t, first[0], first[2])
	require.Nil(t, first[3])

	clear(first[0])
	require.Equal(t, inner.Vector("red"), encodeTexts(t, e, "red")[0], "a caller's changes are its own")
	require.Nil(t, encodeTexts(t, e, enginetest.Void)[0])
	require.Equal(t, 3, inner.Calls().Texts)

	images, err := e.EncodeImages(t.Context(), [][]byte{enginetest.Picture("red"), []byte("red")})
	require.NoError(t, err)
	require.Equal(t, "image/png", images[0].Type)
	require.Error(t, images[1].Err, "a picture is not the text of its bytes")
	again, err := e.EncodeImages(t.Context(), [][]byte{enginetest.Picture("red")})
	require.NoError(t, err)
	require.Equal(t, images[0], again[0])
	require.Equal(t, engine.EncoderStats{CacheHits: 3, CacheJoined: 1, CacheMisses: 5, CacheEntries: 4,
		CacheBytes: 4*overhead + 3*8*4}, e.Stats())
}

func TestFingerprintIsPartOfTheKey(t *testing.T) {
	one, other := New(&enginetest.Encoder{Dimension: 2, Print: "1"}, 0), New(&enginetest.Encoder{Dimension: 2, Print: "2"}, 0)
	require.NotEqual(t, one.texts.key([]byte("x")), other.texts.key([]byte("x")))
	require.NotEqual(t, one.texts.key([]byte("x")), one.images.key([]byte("x")))
}

// TestConcurrentCallsEncodeOnce lets eight callers ask for one text while it is being encoded.
func TestConcurrentCallsEncodeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		inner := &gated{enginetest.NewEncoder(8), func(context.Context, []string) error { <-leave; return nil }}
		e := New(inner, 1<<20)
		var callers sync.WaitGroup
		for i := range 8 {
			callers.Go(func() {
				vectors := encodeTexts(t, e, "red dress", fmt.Sprint("own ", i))
				require.Equal(t, inner.Vector("red dress"), vectors[0])
			})
		}
		synctest.Wait() // all of them are in a call or wait for it
		close(leave)
		callers.Wait()
		require.Equal(t, 9, inner.Calls().Texts)
		require.EqualValues(t, 7, e.Stats().CacheJoined)
		require.Empty(t, e.flights)
	})
}

// TestCallerThatGoesTakesNobodyAlong cancels the one that encodes: another one of those who wait takes over.
func TestCallerThatGoesTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		inner := &gated{enginetest.NewEncoder(8), func(ctx context.Context, _ []string) error {
			select {
			case <-leave:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		e := New(inner, 1<<20)
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := e.EncodeTexts(ctx, []string{"red"})
			require.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		gone, leaving := context.WithCancel(t.Context())
		for range 3 {
			callers.Go(func() { require.Equal(t, inner.Vector("red"), encodeTexts(t, e, "red")[0]) })
		}
		callers.Go(func() {
			_, err := e.EncodeTexts(gone, []string{"red"})
			require.ErrorIs(t, err, context.Canceled, "who waits can go as well")
		})
		synctest.Wait()
		leaving()
		cancel()
		synctest.Wait()
		close(leave)
		callers.Wait()
		require.Equal(t, 1, inner.Calls().Texts)
	})
}

func TestPanicLandsFlights(t *testing.T) {
	e := New(&gated{enginetest.NewEncoder(8), func(context.Context, []string) error { panic("boom") }}, 1<<20)
	require.PanicsWithValue(t, "boom", func() { _, _ = e.EncodeTexts(t.Context(), []string{"red"}) })
	require.Empty(t, e.flights, "or the next caller would wait for ever")
}

func TestMemoryIsBounded(t *testing.T) {
	const limit = 10 * (overhead + 4*8)
	inner := enginetest.NewEncoder(8)
	e := New(inner, limit)
	for i := range 100 {
		encodeTexts(t, e, fmt.Sprint("text ", i), "always")
		require.LessOrEqual(t, e.Stats().CacheBytes, int64(limit))
	}
	require.Equal(t, 10, e.Stats().CacheEntries)
	require.Equal(t, 101, inner.Calls().Texts, "what is used stays, whatever passes by")

	none := New(inner, overhead)
	encodeTexts(t, none, "red")
	require.Zero(t, none.Stats().CacheEntries, "no room for even one")
}

// TestRandomCalls compares with the encoder itself while the memory is far too small.
func TestRandomCalls(t *testing.T) {
	inner := enginetest.NewEncoder(8)
	e := New(inner, 20*(overhead+32))
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 300 {
				texts := make([]string, rand.IntN(5))
				for i := range texts {
					texts[i] = fmt.Sprint("word", rand.IntN(50))
				}
				vectors, err := e.EncodeTexts(t.Context(), texts)
				if err != nil {
					t.Error(err)
				}
				for i, v := range vectors {
					if want := inner.Vector(texts[i]); fmt.Sprint(v) != fmt.Sprint(want) {
						t.Errorf("%s is %v instead of %v", texts[i], v, want)
					}
				}
			}
		})
	}
	callers.Wait()
	require.Empty(t, e.flights)
}

func BenchmarkHit(b *testing.B) {
	e := New(enginetest.NewEncoder(512), 64<<20)
	for _, kind := range []struct {
		name  string
		bytes int
	}{{"text", 24}, {"picture of 100 kB", 100_000}} {
		data := append([]byte(enginetest.PictureHead), make([]byte, kind.bytes)...)
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := e.EncodeImages(b.Context(), [][]byte{data}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
