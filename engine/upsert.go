package engine

import (
	"context"
	"maps"
	"slices"
)

// pending is a draft on its way from its check to the backend.
type pending struct {
	draft
	known      known
	ifRevision uint64
	at         int // its number in the batch
	err        error
}

// upsertDrafts checks, encodes and stores a batch. Whatever happens to one item happens to it alone; an error is returned
// only for what concerns them all.
func (e *Engine) upsertDrafts(ctx context.Context, collection string, ins []ItemInput) ([]BatchResult, error) {
	c, enc, err := e.open(ctx, collection)
	if err != nil {
		return nil, err
	}
	results := make([]BatchResult, len(ins))
	var batch []*pending
	unchanged := false
	seen := make(map[string]bool, len(ins))
	for i, in := range ins {
		p := &pending{at: i}
		if p.draft, results[i].Err = e.draft(in, c.Encoder.Dimension); results[i].Err != nil {
			continue
		}
		before, err := e.backend.Get(ctx, collection, in.ID)
		if err != nil && CodeOf(err) != CodeNotFound {
			return nil, err
		}
		// Another item of the batch with the same id comes between this one and what is stored now.
		if err == nil && !seen[in.ID] && p.equals(before) {
			whole, err := e.picturesAreWhole(ctx, p.blobs())
			if err != nil {
				results[i].Err = err
				continue
			}
			if whole {
				results[i].Stored, unchanged = Stored{Item: before.Item, Unchanged: true}, true
				continue
			}
		}
		seen[in.ID] = true
		p.known = knownFrom(before)
		batch = append(batch, p)
	}
	if err := e.encodeAndStore(ctx, collection, enc, batch, results); err != nil {
		return nil, err
	}
	if unchanged {
		return results, e.backend.Settle(ctx) // the write that was read may be under way still
	}
	return results, nil
}

// picturesAreWhole looks at the pictures of an item that is stored already. One that is damaged or gone is reason to store
// the item again, which mends it: "unchanged" would acknowledge bytes that nobody has.
func (e *Engine) picturesAreWhole(ctx context.Context, images []draftImage) (bool, error) {
	for _, img := range images {
		blob, err := e.backend.OpenBlob(ctx, img.sha256)
		switch CodeOf(err) {
		case "":
			if err := blob.Close(); err != nil {
				return false, &Error{Code: CodeInternal, Detail: "a picture could not be closed", Err: err}
			}
		case CodeDamaged, CodeNotFound:
			return false, nil
		default:
			return false, err
		}
	}
	return true, nil
}

// encodeAndStore fills in the results of a batch.
func (e *Engine) encodeAndStore(ctx context.Context, collection string, enc Encoder, batch []*pending, results []BatchResult) error {
	if err := encodeImages(ctx, enc, batch); err != nil {
		return err
	}
	if err := e.encodeVideos(ctx, enc, batch); err != nil {
		return err
	}
	if err := encodeTexts(ctx, enc, batch); err != nil {
		return err
	}
	var good []*pending
	var writes []Write
	for _, p := range batch {
		if p.err != nil {
			results[p.at].Err = p.err
			continue
		}
		w := p.write(p.known)
		w.IfRevision = p.ifRevision
		good, writes = append(good, p), append(writes, w)
	}
	if len(writes) == 0 {
		return nil
	}
	outcomes, err := e.backend.Upsert(ctx, collection, writes)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		results[good[i].at] = BatchResult{Stored: Stored{Item: o.Item, Created: o.Created}, Err: o.Err}
	}
	return nil
}

// encodeImages encodes the pictures of a batch that are not known, each once.
//
// Pictures come first and not beside the texts: the items whose pictures shared a run of the model are done at the same
// moment, so that the texts of several requests meet in the queue and share one too.
func encodeImages(ctx context.Context, enc Encoder, batch []*pending) error {
	var data [][]byte
	number := map[string]int{} // SHA-256 → place in data
	for _, p := range batch {
		for _, img := range p.images {
			_, isKnown := p.known.images[img.sha256]
			if _, twice := number[img.sha256]; !isKnown && !twice {
				number[img.sha256] = len(data)
				data = append(data, img.data)
			}
		}
	}
	if len(data) == 0 {
		return nil
	}
	encoded, err := enc.EncodeImages(ctx, data)
	if err != nil {
		return err
	}
	for _, p := range batch {
		for i, img := range p.images {
			n, ok := number[img.sha256]
			if !ok {
				continue
			}
			if encoded[n].Err != nil {
				p.err = At(encoded[n].Err, "images[%d]", i)
				break
			}
			p.known.images[img.sha256] = encoded[n]
		}
	}
	return nil
}

// encodeVideos encodes the clips of a batch that are not known, one after the other: each is many pictures.
func (e *Engine) encodeVideos(ctx context.Context, enc Encoder, batch []*pending) error {
	for _, p := range batch {
		if p.err != nil || p.video == nil {
			continue
		}
		if _, isKnown := p.known.videos[p.video.sha256]; isKnown {
			continue
		}
		video, err := e.options.Videos(enc).EncodeVideo(ctx, p.video.data)
		switch CodeOf(err) {
		case "":
			p.known.videos[p.video.sha256] = video
		case CodeMediaType, CodeTooLarge, CodeUnprocessable:
			p.err = At(err, "video")
		default:
			return err
		}
	}
	return nil
}

// encodeTexts encodes the texts of a batch that are not known, each once, but not those of items that have failed.
func encodeTexts(ctx context.Context, enc Encoder, batch []*pending) error {
	var texts []string
	number := map[string]int{} // text → place in texts
	for _, p := range batch {
		if p.err != nil {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(p.texts)) {
			text := p.texts[field]
			_, isKnown := p.known.texts[text]
			if _, twice := number[text]; !isKnown && !twice {
				number[text] = len(texts)
				texts = append(texts, text)
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	vectors, err := enc.EncodeTexts(ctx, texts)
	if err != nil {
		return err
	}
	for _, p := range batch {
		for _, field := range slices.Sorted(maps.Keys(p.texts)) {
			n, ok := number[p.texts[field]]
			if !ok {
				continue
			}
			if vectors[n] == nil && p.err == nil {
				p.err = At(noDirection(), "texts.%s", field)
			}
			p.known.texts[p.texts[field]] = vectors[n]
		}
	}
	return nil
}
