package enginetest

import (
	"bytes"
	"context"
	"strings"

	"pinax/engine"
)

// VideoHead begins the bytes of everything that Videos takes for a clip; behind it are the words of each second.
const VideoHead = "video:"

// Video returns a clip that shows other words every second.
func Video(seconds ...string) []byte { return []byte(VideoHead + strings.Join(seconds, "|")) }

// Videos encodes clips with an Encoder: a segment a second.
func Videos(enc engine.Encoder) engine.VideoEncoder { return videos{enc} }

type videos struct{ engine.Encoder }

func (v videos) EncodeVideo(ctx context.Context, data []byte) (engine.EncodedVideo, error) {
	shown, ok := bytes.CutPrefix(data, []byte(VideoHead))
	if !ok {
		return engine.EncodedVideo{}, engine.Errorf(engine.CodeMediaType, "not a clip that is decoded")
	}
	seconds := strings.Split(string(shown), "|")
	pictures := make([][]byte, len(seconds))
	for i, words := range seconds {
		pictures[i] = Picture(words)
	}
	encoded, err := v.EncodeImages(ctx, pictures)
	if err != nil {
		return engine.EncodedVideo{}, err
	}
	out := engine.EncodedVideo{Type: "video/mp4", Width: 60, Height: 80, Duration: float64(len(seconds))}
	for i, p := range encoded {
		second := float64(i)
		out.Segments = append(out.Segments, engine.EncodedSegment{
			Segment: engine.Segment{Start: second, End: second + 1, Peak: second + 0.5}, Vector: p.Vector,
		})
	}
	return out, nil
}
