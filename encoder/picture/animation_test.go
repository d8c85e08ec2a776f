package picture_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/picture"
)

// TestAnimationsShowWhatPillowShows compares every pixel of every frame; lossy colours may be one off.
func TestAnimationsShowWhatPillowShows(t *testing.T) {
	for name, tolerance := range map[string]int{
		"disposal_1.gif": 0, "disposal_2.gif": 0, "disposal_3.gif": 0, "blended_lossless.webp": 1, "blended_lossy.webp": 1,
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, animation(t, name))
			require.True(t, f.Animated())
			want := shownByPillow(t, name)
			frames := 0
			require.NoError(t, f.Frames(func(frame picture.Frame) error {
				frames++
				for i := 0; i < len(frame.Image.Pix); i += 4 {
					require.EqualValues(t, 255, frame.Image.Pix[i+3])
					for c := range 3 {
						require.InDelta(t, want[c], frame.Image.Pix[i+c], float64(tolerance), "frame %d, byte %d", frames, i+c)
					}
					want = want[3:]
				}
				return nil
			}))
			require.Empty(t, want)
			require.Equal(t, 4, frames)
		})
	}
}

func TestAnimationTimes(t *testing.T) {
	var shown []time.Duration
	require.NoError(t, open(t, animation(t, "disposal_1.gif")).Frames(func(frame picture.Frame) error {
		shown = append(shown, frame.Shown)
		return nil
	}))
	const tenth = 100 * time.Millisecond
	require.Equal(t, []time.Duration{tenth, tenth, 250 * time.Millisecond, tenth}, shown, "no time at all is taken for a mistake")
}

func TestFramesOfAStill(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black}), nil))
	f := open(t, b.Bytes())
	require.False(t, f.Animated())
	frames := 0
	require.NoError(t, f.Frames(func(frame picture.Frame) error {
		frames++
		require.Equal(t, color.NRGBA{A: 255}, frame.Image.NRGBAAt(2, 1))
		return nil
	}))
	require.Equal(t, 1, frames)
}

func TestFramesEndWithTheVisitor(t *testing.T) {
	enough := errors.New("enough")
	for _, name := range []string{"disposal_1.gif", "blended_lossy.webp"} {
		frames := 0
		require.ErrorIs(t, open(t, animation(t, name)).Frames(func(picture.Frame) error {
			if frames++; frames == 2 {
				return enough
			}
			return nil
		}), enough)
		require.Equal(t, 2, frames)
	}
}

// TestDamagedAnimations cuts and alters files everywhere: what comes is an error of the picture or fewer frames.
func TestDamagedAnimations(t *testing.T) {
	for _, name := range []string{"disposal_3.gif", "blended_lossless.webp", "blended_lossy.webp"} {
		data := animation(t, name)
		for at := range data {
			altered := bytes.Clone(data)
			altered[at] ^= 0x55
			for _, damaged := range [][]byte{data[:at], altered} {
				f, err := picture.Open(damaged, picture.Limits{})
				if err == nil {
					f.Animated()
					err = f.Frames(func(picture.Frame) error { return nil })
				}
				if err != nil {
					require.True(t, errors.Is(err, picture.ErrCorrupt) || errors.Is(err, picture.ErrFormat) ||
						errors.Is(err, picture.ErrTooLarge), "%s, byte %d: %v", name, at, err)
				}
			}
		}
	}
}

// TestAnimationsAreBounded has a small file ask for more pixels than anybody wants to wait for.
func TestAnimationsAreBounded(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 6000, 6000), color.Palette{color.Black, color.White}), nil))
	one := b.Bytes()
	screen := 13
	if flags := one[10]; flags&0x80 != 0 {
		screen += 3 << (flags&7 + 1)
	}
	frame := one[screen : len(one)-1]
	data := append(bytes.Clone(one[:screen]), bytes.Repeat(frame, 20)...)
	data = append(data, 0x3B)
	err := open(t, data).Frames(func(picture.Frame) error { return nil })
	require.ErrorIs(t, err, picture.ErrTooLarge)
}

func open(t *testing.T, data []byte) picture.File {
	f, err := picture.Open(data, picture.Limits{})
	require.NoError(t, err)
	return f
}

func animation(t *testing.T, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", "animation", name))
	require.NoError(t, err)
	return data
}

func shownByPillow(t *testing.T, name string) []byte {
	z, err := gzip.NewReader(bytes.NewReader(animation(t, name+".rgb.gz")))
	require.NoError(t, err)
	pixels, err := io.ReadAll(z)
	require.NoError(t, err)
	return pixels
}
