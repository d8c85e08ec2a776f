package engine

import (
	"context"
	"io"
	"maps"
	"reflect"

	"github.com/google/uuid"
)

// ItemInput is an item as a caller gives it. It needs at least one text, picture, clip or ready vector.
type ItemInput struct {
	ID         string // "" on Create: the server makes one
	Texts      map[string]string
	Images     [][]byte // encoded pictures
	Video      []byte   // an encoded clip, nil: none
	Attributes map[string]any
	Vectors    map[Modality][][]float32 // ready vectors, [n][dimension]; they are normalised
}

// Patch changes parts of an item. A nil value removes its field; fields that are not named stay.
type Patch struct {
	Texts      map[string]*string
	Attributes map[string]any
}

// Stored is the outcome of a write.
type Stored struct {
	Item      Item
	Created   bool // no item had this id before
	Unchanged bool // the item was stored already, exactly so; nothing was encoded or written
}

// Create stores an item under a new id. Durable and searchable when it returns.
func (e *Engine) Create(ctx context.Context, collection string, in ItemInput) (Stored, error) {
	var err error
	if in.ID, err = NewID(); err != nil {
		return Stored{}, err
	}
	return e.Upsert(ctx, collection, in)
}

// NewID makes an id for an item that has none: a UUIDv7, so that ids sort by time.
func NewID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", &Error{Code: CodeInternal, Detail: "no id could be made", Err: err}
	}
	return id.String(), nil
}

// Upsert stores an item, replacing one with the same id. Durable and searchable when it returns. What the stored
// version had encoded already is not encoded again, and an identical item is not written: repeating an ingestion is cheap.
func (e *Engine) Upsert(ctx context.Context, collection string, in ItemInput) (Stored, error) {
	results, err := e.upsertDrafts(ctx, collection, []ItemInput{in})
	if err != nil {
		return Stored{}, err
	}
	return results[0].Stored, results[0].Err
}

// BatchResult is the outcome of one item of a batch.
type BatchResult struct {
	Stored Stored
	Err    error // nil: stored
}

// UpsertBatch stores many items as Upsert does, each with an outcome of its own, in order. Of items with the same id the
// last one stays.
func (e *Engine) UpsertBatch(ctx context.Context, collection string, ins []ItemInput) ([]BatchResult, error) {
	if n, most := len(ins), e.options.Limits.BatchItems; n > most {
		return nil, Errorf(CodeTooLarge, "the batch has %d items, the limit is %d", n, most)
	}
	return e.upsertDrafts(ctx, collection, ins)
}

// Patch changes texts and attributes of a stored item. Concurrent patches of one item all take effect.
func (e *Engine) Patch(ctx context.Context, collection, id string, p Patch) (Stored, error) {
	_, enc, err := e.open(ctx, collection)
	if err != nil {
		return Stored{}, err
	}
	for {
		before, err := e.backend.Get(ctx, collection, id)
		if err != nil {
			return Stored{}, err
		}
		d, err := e.patched(before, p)
		if err != nil {
			return Stored{}, err
		}
		if d.equals(before) {
			return Stored{Item: before.Item, Unchanged: true}, e.backend.Settle(ctx)
		}
		p := &pending{draft: d, known: knownFrom(before), ifRevision: before.Item.Revision}
		results := make([]BatchResult, 1)
		if err := e.encodeAndStore(ctx, collection, enc, []*pending{p}, results); err != nil {
			return Stored{}, err
		}
		if CodeOf(results[0].Err) != CodeConflict {
			return results[0].Stored, results[0].Err
		}
	}
}

// Delete removes items; a missing id is no error. Durable when it returns. It returns how many there were.
func (e *Engine) Delete(ctx context.Context, collection string, ids ...string) (int, error) {
	return e.backend.Delete(ctx, collection, ids)
}

// Item reads one item.
func (e *Engine) Item(ctx context.Context, collection, id string) (Item, error) {
	r, err := e.backend.Get(ctx, collection, id)
	return r.Item, err
}

// Record reads one item with its vectors.
func (e *Engine) Record(ctx context.Context, collection, id string) (Record, error) {
	return e.backend.Get(ctx, collection, id)
}

// Items lists at most limit items with ids greater than after, by id.
func (e *Engine) Items(ctx context.Context, collection, after string, limit int) ([]Item, error) {
	return e.backend.List(ctx, collection, after, limit)
}

// OpenImage opens picture n of an item in full. The caller closes it.
func (e *Engine) OpenImage(ctx context.Context, collection, id string, n int) (Image, io.ReadSeekCloser, error) {
	item, err := e.Item(ctx, collection, id)
	if err != nil {
		return Image{}, nil, err
	}
	if n < 0 || n >= len(item.Images) {
		return Image{}, nil, Errorf(CodeNotFound, "item %q has %d pictures, there is no number %d", clip(id), len(item.Images), n)
	}
	blob, err := e.backend.OpenBlob(ctx, item.Images[n].SHA256)
	return item.Images[n], blob, err
}

// OpenVideo opens the clip of an item. The caller closes it.
func (e *Engine) OpenVideo(ctx context.Context, collection, id string) (Video, io.ReadSeekCloser, error) {
	item, err := e.Item(ctx, collection, id)
	if err != nil {
		return Video{}, nil, err
	}
	if item.Video == nil {
		return Video{}, nil, Errorf(CodeNotFound, "item %q has no clip", clip(id))
	}
	blob, err := e.backend.OpenBlob(ctx, item.Video.SHA256)
	return *item.Video, blob, err
}

// Thumbnail returns a small JPEG of a stored picture whose longer edge has at most edge pixels. CodeDamaged when the picture
// cannot be read or decoded: it could when it was stored.
func (e *Engine) Thumbnail(ctx context.Context, blob io.Reader, edge int) ([]byte, error) {
	if e.options.Thumbnailer == nil {
		return nil, Errorf(CodeUnavailable, "this server makes no thumbnails").WithHint("ask for size=full")
	}
	data, err := io.ReadAll(blob)
	if err != nil {
		return nil, errDamagedPicture(err)
	}
	thumbnail, err := e.options.Thumbnailer.Thumbnail(ctx, data, edge)
	switch CodeOf(err) {
	case CodeMediaType, CodeUnprocessable: // what the same bytes get as input
		return nil, errDamagedPicture(err)
	}
	return thumbnail, err
}

func errDamagedPicture(cause error) error {
	return (&Error{Code: CodeDamaged, Detail: "the stored picture cannot be read or decoded", Err: cause}).
		WithHint("store the item again with this picture")
}

// open returns a collection and the encoder that fits it.
func (e *Engine) open(ctx context.Context, collection string) (Collection, Encoder, error) {
	c, err := e.backend.Collection(ctx, collection)
	if err != nil {
		return Collection{}, nil, err
	}
	enc, err := e.encoderOf(c)
	return c, enc, err
}

// draft checks an input against the limits.
func (e *Engine) draft(in ItemInput, dimension int) (draft, error) {
	l := e.options.Limits
	if err := l.checkID(in.ID); err != nil {
		return draft{}, err
	}
	if len(in.Images) > l.Images {
		return draft{}, Errorf(CodeTooLarge, "the item has %d pictures, the limit is %d", len(in.Images), l.Images)
	}
	d := draft{id: in.ID, texts: maps.Clone(in.Texts), attributes: in.Attributes, own: map[Modality][][]float32{}}
	for _, data := range in.Images {
		d.images = append(d.images, newDraftImage(data))
	}
	if in.Video != nil {
		if e.options.Videos == nil {
			return draft{}, Errorf(CodeUnavailable, "this server takes no clips")
		}
		video := newDraftImage(in.Video)
		d.video = &video
	}
	for m, vectors := range in.Vectors {
		if m != ModalityImage && m != ModalityText {
			return draft{}, Errorf(CodeInvalid, "vectors.%s is not a modality", clip(string(m))).WithHint("use image or text")
		}
		if len(vectors) > l.Vectors {
			return draft{}, Errorf(CodeTooLarge, "vectors.%s has %d vectors, the limit is %d", m, len(vectors), l.Vectors)
		}
		for i, v := range vectors {
			unit, err := normaliseVector(v, dimension)
			if err != nil {
				return draft{}, At(err, "vectors.%s[%d]", m, i)
			}
			d.own[m] = append(d.own[m], unit)
		}
	}
	return l.check(d)
}

// patched is the draft of a stored record with a patch applied.
func (e *Engine) patched(r Record, p Patch) (draft, error) {
	d := draft{id: r.Item.ID, texts: maps.Clone(r.Item.Texts), attributes: maps.Clone(r.Item.Attributes), own: ownVectors(r)}
	for _, img := range r.Item.Images {
		d.images = append(d.images, draftImage{sha256: img.SHA256, bytes: img.Bytes})
	}
	if v := r.Item.Video; v != nil {
		d.video = &draftImage{sha256: v.SHA256, bytes: v.Bytes}
	}
	for field, text := range p.Texts {
		if text == nil {
			delete(d.texts, field)
			continue
		}
		if d.texts == nil {
			d.texts = map[string]string{}
		}
		d.texts[field] = *text
	}
	for name, value := range p.Attributes {
		if value == nil {
			delete(d.attributes, name)
			continue
		}
		if d.attributes == nil {
			d.attributes = map[string]any{}
		}
		d.attributes[name] = value
	}
	return e.options.Limits.check(d)
}

// check holds a draft's texts and attributes against the limits and brings it into the form in which it is compared.
func (l Limits) check(d draft) (draft, error) {
	if err := l.checkTexts(d.texts); err != nil {
		return draft{}, err
	}
	if len(d.texts) == 0 {
		d.texts = nil
	}
	if len(d.texts)+len(d.images)+len(d.own[ModalityImage])+len(d.own[ModalityText]) == 0 && d.video == nil {
		return draft{}, Errorf(CodeUnprocessable, "the item has no text, picture, clip or vector, so nothing could find it").
			WithHint("give it at least one")
	}
	var err error
	d.attributes, err = l.normaliseAttributes(d.attributes)
	return d, err
}

// equals reports whether storing the draft would change nothing.
func (d draft) equals(r Record) bool {
	if len(d.images) != len(r.Item.Images) {
		return false
	}
	for i, img := range d.images {
		if img.sha256 != r.Item.Images[i].SHA256 {
			return false
		}
	}
	if (d.video == nil) != (r.Item.Video == nil) || d.video != nil && d.video.sha256 != r.Item.Video.SHA256 {
		return false
	}
	own := ownVectors(r)
	for _, m := range Modalities {
		if !sameVectors(d.own[m], own[m]) {
			return false
		}
	}
	return maps.Equal(d.texts, r.Item.Texts) && (len(d.attributes)+len(r.Item.Attributes) == 0 ||
		reflect.DeepEqual(d.attributes, r.Item.Attributes))
}

func sameVectors(a, b [][]float32) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
