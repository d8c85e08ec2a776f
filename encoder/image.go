package encoder

import (
	"context"
	"time"

	"pinax/encoder/batch"
	"pinax/encoder/picture"
	"pinax/engine"
)

// pendingImage is one picture of a call on its way. vector and header are set once decoded has succeeded.
type pendingImage struct {
	decoded *batch.Ticket[task, struct{}]
	vector  *batch.Ticket[*tensor, []float32]
	header  picture.Header
}

// EncodeImages implements engine.Encoder.
func (e *Encoder) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	return e.encodeParts(ctx, images, picture.Whole())
}

// encodeParts encodes one part of each picture.
func (e *Encoder) encodeParts(ctx context.Context, images [][]byte, box picture.Part) ([]engine.EncodedImage, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is still queued when the call fails is not run
	pending := make([]*pendingImage, len(images))
	for i, data := range images {
		var err error
		if pending[i], err = e.submitImage(ctx, data, box); err != nil {
			return nil, callError(err)
		}
	}
	results := make([]engine.EncodedImage, len(images))
	for i, p := range pending {
		var err error
		if results[i], err = p.wait(); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// submitImage queues a picture for decoding, of which the box is encoded; the decoding worker queues its tensor for the vision tower.
func (e *Encoder) submitImage(ctx context.Context, data []byte, box picture.Part) (*pendingImage, error) {
	p := &pendingImage{}
	var err error
	p.decoded, err = e.decoding.Submit(ctx, func() error {
		var t *tensor
		err := e.decode(ctx, data, func(f picture.File) (err error) {
			start := time.Now()
			t = e.vision.tensor()
			if err := e.preprocessor.PreprocessPart(f, box, t.pixels); err != nil {
				e.vision.recycle(t)
				return err
			}
			e.options.Observer.Observe(engine.StageDecode, time.Since(start), 1)
			p.header = f.Header
			return nil
		})
		if err != nil {
			return err
		}
		p.vector, err = e.images.Submit(ctx, t)
		return err
	})
	return p, err
}

// decode calls work, which decodes a picture, when the budget of pixels has room for it.
func (e *Encoder) decode(ctx context.Context, data []byte, work func(picture.File) error) error {
	f, err := picture.Open(data, e.options.Limits)
	if err != nil {
		return err
	}
	release, err := e.pixels.take(ctx, f.Pixels())
	if err != nil {
		return err
	}
	defer release()
	return work(f)
}

// wait returns the outcome of one picture. Its error is one of the call as a whole.
func (p *pendingImage) wait() (engine.EncodedImage, error) {
	_, err := p.decoded.Wait()
	own, err := blame(err)
	if err != nil {
		return engine.EncodedImage{}, err
	}
	if own != nil {
		return engine.EncodedImage{Err: own}, nil //nolint:nilerr // it is this picture's result, not the call's failure
	}
	image := engine.EncodedImage{Type: p.header.MediaType, Width: p.header.Width, Height: p.header.Height}
	vector, err := p.vector.Wait()
	if err != nil {
		return engine.EncodedImage{}, callError(err)
	}
	if vector == nil {
		image.Err = engine.Errorf(engine.CodeUnprocessable, "the encoder found no direction for the picture")
		return image, nil
	}
	image.Vector = vector
	return image, nil
}

// Thumbnail implements engine.Thumbnailer.
func (e *Encoder) Thumbnail(ctx context.Context, image []byte, edge int) ([]byte, error) {
	if edge < 1 {
		return nil, engine.Errorf(engine.CodeInvalid, "a thumbnail of %d pixels", edge)
	}
	var thumbnail []byte
	ticket, err := e.decoding.Submit(ctx, func() error {
		return e.decode(ctx, image, func(f picture.File) (err error) {
			thumbnail, err = f.Thumbnail(edge)
			return err
		})
	})
	if err != nil {
		return nil, callError(err)
	}
	_, err = ticket.Wait()
	own, err := blame(err)
	if err != nil {
		return nil, err
	}
	if own != nil {
		return nil, own
	}
	return thumbnail, nil
}
