package engine

import (
	"context"
	"slices"
)

// Embedded holds the vectors of an Embed call.
type Embedded struct {
	Encoder EncoderInfo
	Texts   [][]float32    // [n][dimension], L2-normalised, in the order given
	Images  []EncodedImage // in the order given; a picture that failed has its Err
}

// Embed encodes texts and pictures with an installed encoder ("": the default) without storing anything.
func (e *Engine) Embed(ctx context.Context, encoder string, texts []string, images [][]byte) (Embedded, error) {
	enc, err := e.encoder(encoder)
	if err != nil {
		return Embedded{}, err
	}
	l := e.options.Limits
	if n := len(texts) + len(images); n == 0 {
		return Embedded{}, Errorf(CodeInvalid, "there is nothing to embed").WithHint("give texts, images or both")
	} else if n > l.EmbedInputs {
		return Embedded{}, Errorf(CodeTooLarge, "there are %d inputs, the limit is %d", n, l.EmbedInputs)
	}
	for i, text := range texts {
		if text == "" {
			return Embedded{}, Errorf(CodeInvalid, "texts[%d] is empty", i)
		}
		if err := (Part{Text: text, Weight: 1}).check(l); err != nil {
			return Embedded{}, At(err, "texts[%d]", i)
		}
	}
	out := Embedded{Encoder: enc.Info()}
	if len(texts) > 0 {
		if out.Texts, err = enc.EncodeTexts(ctx, texts); err != nil {
			return Embedded{}, err
		}
		if i := slices.IndexFunc(out.Texts, func(v []float32) bool { return v == nil }); i >= 0 {
			return Embedded{}, At(noDirection(), "texts[%d]", i)
		}
	}
	if len(images) > 0 {
		out.Images, err = enc.EncodeImages(ctx, images)
	}
	return out, err
}

// Health returns nil while the backend reads and writes, else why not.
func (e *Engine) Health(ctx context.Context) error { return e.backend.Health(ctx) }
