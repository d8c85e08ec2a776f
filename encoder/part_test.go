package encoder

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/picture"
)

func TestPart(t *testing.T) {
	e := openBundled(t, Options{})
	_, err := e.Part(picture.Part{Left: 0.9, Right: 0.1, Bottom: 1})
	require.ErrorContains(t, err, "no part")

	middle, err := e.Part(picture.Part{Left: 0.2, Top: 0.2, Right: 0.8, Bottom: 0.8})
	require.NoError(t, err)
	other, err := e.Part(picture.Part{Left: 0.2, Top: 0.2, Right: 0.8, Bottom: 0.9})
	require.NoError(t, err)
	require.NotEqual(t, e.Info().Fingerprint, middle.Info().Fingerprint)
	require.NotEqual(t, other.Info().Fingerprint, middle.Info().Fingerprint)
	require.Len(t, middle.Info().Fingerprint, 64)

	bag := readPicture(t, "bag.jpg")
	whole, err := e.EncodeImages(t.Context(), [][]byte{bag})
	require.NoError(t, err)
	images, err := middle.EncodeImages(t.Context(), [][]byte{bag, nil})
	require.NoError(t, err)
	require.Error(t, images[1].Err)
	require.Less(t, cosine(whole[0].Vector, images[0].Vector), 0.999)
	require.Equal(t, whole[0].Width, images[0].Width)

	want, err := e.EncodeTexts(t.Context(), []string{"red dress"})
	require.NoError(t, err)
	got, err := middle.EncodeTexts(t.Context(), []string{"red dress"})
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Same(t, e, middle.TextEncoder())
}
