package clip

import (
	"context"
	"errors"
	"slices"

	"pinax/encoder/picture"
	"pinax/engine"
)

// Encoder encodes clips with an encoder of pictures. It implements engine.VideoEncoder.
type Encoder struct {
	pictures engine.Encoder
	options  Options
}

var _ engine.VideoEncoder = (*Encoder)(nil)

// New returns an encoder of clips whose frames pictures encodes.
func New(pictures engine.Encoder, o Options) *Encoder {
	return &Encoder{pictures: pictures, options: o.withDefaults()}
}

// EncodeVideo implements engine.VideoEncoder.
func (e *Encoder) EncodeVideo(ctx context.Context, data []byte) (engine.EncodedVideo, error) {
	if n := int64(len(data)); n > e.options.Limits.Bytes {
		return engine.EncodedVideo{}, engine.Errorf(engine.CodeTooLarge, "the clip has %d bytes, the limit is %d", n, e.options.Limits.Bytes)
	}
	c, ok := containerOf(data)
	if !ok {
		return engine.EncodedVideo{}, engine.Errorf(engine.CodeMediaType, "not a clip that is decoded here").
			WithHint("give mp4, webm, animated GIF or animated WebP")
	}
	s := sampler{most: e.options.Frames}
	if err := e.eachFrame(ctx, c, data, s.add); err != nil {
		return engine.EncodedVideo{}, err
	}
	frames := s.finish()
	if len(frames) == 0 {
		return engine.EncodedVideo{}, engine.Errorf(engine.CodeUnprocessable, "the clip has no frames")
	}
	vectors, err := e.encode(ctx, frames)
	if err != nil {
		return engine.EncodedVideo{}, err
	}
	v := engine.EncodedVideo{
		Type: c.mediaType, Width: s.width, Height: s.height, Duration: seconds(s.now), Segments: segments(frames, vectors),
	}
	if len(v.Segments) == 0 {
		return engine.EncodedVideo{}, engine.Errorf(engine.CodeUnprocessable, "the encoder found no direction for any frame of the clip")
	}
	return v, nil
}

// encode returns one vector a frame, nil for those without a direction.
func (e *Encoder) encode(ctx context.Context, frames []sample) ([][]float32, error) {
	var vectors [][]float32
	for part := range slices.Chunk(frames, e.options.Batch) {
		pictures := make([][]byte, len(part))
		for i, f := range part {
			pictures[i] = f.png
		}
		encoded, err := e.pictures.EncodeImages(ctx, pictures)
		if err != nil {
			return nil, err
		}
		for _, p := range encoded {
			if p.Err != nil && engine.CodeOf(p.Err) != engine.CodeUnprocessable {
				return nil, p.Err
			}
			vectors = append(vectors, p.Vector)
		}
	}
	return vectors, nil
}

// blame turns what is wrong with the bytes into errors of the item.
func blame(err error) error {
	switch {
	case errors.Is(err, picture.ErrFormat):
		return engine.Errorf(engine.CodeMediaType, "the clip: %w", err)
	case errors.Is(err, picture.ErrTooLarge):
		return engine.Errorf(engine.CodeTooLarge, "the clip: %w", err)
	case errors.Is(err, picture.ErrCorrupt):
		return engine.Errorf(engine.CodeUnprocessable, "the clip: %w", err)
	}
	return err
}
