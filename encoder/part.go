package encoder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"pinax/encoder/picture"
	"pinax/engine"
)

// Part is an encoder that sees one part of each picture, and shares everything else with the one that it was made from.
// A fusion of an encoder with its parts sees pictures at several scales.
type Part struct {
	whole *Encoder
	box   picture.Part
	info  engine.EncoderInfo
}

var _ engine.Encoder = (*Part)(nil)

// Part returns an encoder of a part of pictures. It holds nothing of its own, so it need not be closed. A box that is no
// part of a picture is an error.
func (e *Encoder) Part(box picture.Part) (*Part, error) {
	if err := box.Check(); err != nil {
		return nil, err
	}
	info := e.info
	sum := sha256.Sum256(fmt.Appendf(nil, "%s part %g %g %g %g\n", info.Fingerprint, box.Left, box.Top, box.Right, box.Bottom))
	info.Fingerprint = hex.EncodeToString(sum[:])
	return &Part{whole: e, box: box, info: info}, nil
}

// Info implements engine.Encoder. The fingerprint tells the part from the whole.
func (p *Part) Info() engine.EncoderInfo { return p.info }

// EncodeTexts implements engine.Encoder.
func (p *Part) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	return p.whole.EncodeTexts(ctx, texts)
}

// EncodeImages implements engine.Encoder. Types and sizes are those of the whole pictures.
func (p *Part) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	return p.whole.encodeParts(ctx, images, p.box)
}

// TextEncoder returns the encoder that texts go to, so that a fusion encodes them once.
func (p *Part) TextEncoder() engine.Encoder { return p.whole }
