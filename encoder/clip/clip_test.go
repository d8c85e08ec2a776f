package clip_test

import (
	"bytes"
	"context"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/clip"
	"pinax/engine"
)

// colours encodes pictures as their mean colour, away from grey.
type colours struct {
	engine.Encoder
	pictures int
	fail     error
}

func (c *colours) EncodeImages(_ context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	if c.fail != nil {
		return nil, c.fail
	}
	out := make([]engine.EncodedImage, len(images))
	for i, data := range images {
		c.pictures++
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		var sum [3]float64
		b := m.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				r, g, bl, _ := m.At(x, y).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+float64(r), sum[1]+float64(g), sum[2]+float64(bl)
			}
		}
		grey := (sum[0] + sum[1] + sum[2]) / 3
		var square float64
		for j := range sum {
			sum[j] -= grey
			square += sum[j] * sum[j]
		}
		if square == 0 {
			out[i].Err = engine.Errorf(engine.CodeUnprocessable, "no direction")
			continue
		}
		for _, x := range sum {
			out[i].Vector = append(out[i].Vector, float32(x/math.Sqrt(square)))
		}
	}
	return out, nil
}

// TestScenesAreFound encodes three scenes of two seconds: red, green and blue.
func TestScenesAreFound(t *testing.T) {
	for name, mediaType := range map[string]string{
		"scenes.gif": "image/gif", "scenes.webp": "image/webp", "scenes.mp4": "video/mp4", "scenes.webm": "video/webm",
	} {
		t.Run(name, func(t *testing.T) {
			if mediaType == "video/mp4" || mediaType == "video/webm" {
				needFFmpeg(t)
			}
			c := &colours{}
			v, err := clip.New(c, clip.Options{}).EncodeVideo(t.Context(), read(t, name))
			require.NoError(t, err)
			require.Equal(t, mediaType, v.Type)
			require.Equal(t, [2]int{96, 64}, [2]int{v.Width, v.Height})
			require.InDelta(t, 6, v.Duration, 0.3)
			require.Len(t, v.Segments, 3)
			for i, s := range v.Segments {
				require.InDelta(t, 2*i, s.Start, 0.3)
				require.InDelta(t, 2*i+2, s.End, 0.3)
				require.Greater(t, s.Peak, s.Start)
				require.Less(t, s.Peak, s.End)
				for j, x := range s.Vector {
					if j != i {
						require.Greater(t, s.Vector[i], x, "scene %d is of colour %d", i, i)
					}
				}
			}
			require.Less(t, c.pictures, 15, "frames that show nothing new are not encoded")
		})
	}
}

func TestClipsThatCannotBeEncoded(t *testing.T) {
	gif := read(t, "scenes.gif")
	for _, c := range []struct {
		name string
		data []byte
		o    clip.Options
		code engine.Code
	}{
		{"nothing", nil, clip.Options{}, engine.CodeMediaType},
		{"text", []byte("ffconcat version 1.0\nfile /etc/passwd\n"), clip.Options{}, engine.CodeMediaType},
		{"playlist", []byte("#EXTM3U\nfile:///etc/passwd\n"), clip.Options{}, engine.CodeMediaType},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"), clip.Options{}, engine.CodeMediaType},
		{"cut in its header", gif[:8], clip.Options{}, engine.CodeUnprocessable},
		{"still", still(t), clip.Options{}, engine.CodeUnprocessable},
		{"larger than allowed", gif, func() clip.Options { o := clip.DefaultOptions(); o.Limits.Bytes = 100; return o }(), engine.CodeTooLarge},
		{"no ffmpeg", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x00\x00"), clip.Options{FFmpeg: "/nowhere/ffmpeg"}, engine.CodeMediaType},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := clip.New(&colours{}, c.o).EncodeVideo(t.Context(), c.data)
			require.Equal(t, c.code, engine.CodeOf(err), "%v", err)
		})
	}
}

// TestDamagedFilms gives ffmpeg what is no film.
func TestDamagedFilms(t *testing.T) {
	needFFmpeg(t)
	film := read(t, "scenes.mp4")
	for name, data := range map[string][]byte{
		"cut":      film[:len(film)/2],
		"no track": []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41\x00\x00\x00\x08free"),
		"EBML":     []byte("\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86\x81\x01"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clip.New(&colours{}, clip.Options{}).EncodeVideo(t.Context(), data)
			require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(err), "%v", err)
			require.NotContains(t, err.Error(), os.TempDir())
		})
	}
}

func TestEncodingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := clip.New(&colours{}, clip.Options{}).EncodeVideo(ctx, read(t, "scenes.gif"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestFailuresOfTheEncoderArePassedOn(t *testing.T) {
	busy := engine.Errorf(engine.CodeBusy, "the queue is full")
	_, err := clip.New(&colours{fail: busy}, clip.Options{}).EncodeVideo(t.Context(), read(t, "scenes.gif"))
	require.ErrorIs(t, err, busy)
}

// TestFewFramesStandForMany has room for four frames of six seconds.
func TestFewFramesStandForMany(t *testing.T) {
	c := &colours{}
	v, err := clip.New(c, clip.Options{Frames: 4}).EncodeVideo(t.Context(), read(t, "scenes.gif"))
	require.NoError(t, err)
	require.LessOrEqual(t, c.pictures, 4)
	require.Len(t, v.Segments, 3, "the frames that change most are those between scenes")
}

// TestFFmpegIsKeptInBounds runs a program in the place of ffmpeg that writes what it likes.
func TestFFmpegIsKeptInBounds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	film := []byte("\x00\x00\x00\x20ftypisom\x00\x00\x00\x00")
	for _, c := range []struct {
		name, script, says string
		code               engine.Code
	}{
		{"nothing", "exit 0", "no frames", engine.CodeUnprocessable},
		{"fails", "echo moov atom not found >&2; exit 1", "moov atom not found", engine.CodeUnprocessable},
		{"huge frame", "printf 'P6\\n100000 100000\\n255\\n'; exec sleep 60", "cannot be decoded", engine.CodeUnprocessable},
		{"half a frame", "printf 'P6\\n2 2\\n255\\nabc'", "cannot be decoded", engine.CodeUnprocessable},
		{"one frame", "printf 'P6\\n1 1\\n255\\n\\377\\001\\001'", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "ffmpeg")
			require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700)) //nolint:gosec // it must run
			v, err := clip.New(&colours{}, clip.Options{FFmpeg: program}).EncodeVideo(t.Context(), film)
			require.Equal(t, c.code, engine.CodeOf(err), "%v", err)
			if c.code != "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.Len(t, v.Segments, 1)
		})
	}
}

func needFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed, so no mp4 and webm is decoded")
	}
}

func read(t *testing.T, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return data
}

func still(t *testing.T) []byte {
	data, err := os.ReadFile(filepath.Join("..", "picture", "testdata", "golden", "gif.gif"))
	require.NoError(t, err)
	return data
}
