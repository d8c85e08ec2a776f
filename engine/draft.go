package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// draft is an item on its way to storage: its content is checked, its vectors may still be missing.
type draft struct {
	id         string
	texts      map[string]string
	images     []draftImage
	video      *draftImage // the clip, if there is one
	attributes map[string]any
	own        map[Modality][][]float32 // ready vectors, [n][dimension], L2-normalised
}

// draftImage is a picture or clip of a draft; data is nil when it is stored already.
type draftImage struct {
	sha256 string
	bytes  int64
	data   []byte
}

func newDraftImage(data []byte) draftImage {
	sum := sha256.Sum256(data)
	return draftImage{sha256: hex.EncodeToString(sum[:]), bytes: int64(len(data)), data: data}
}

// known holds what the stored version of an item already had encoded. A vector is a function of the content and the
// encoder, so the same picture or text never has to be encoded again.
type known struct {
	images map[string]EncodedImage // by SHA-256
	texts  map[string][]float32    // by text
	videos map[string]EncodedVideo // by SHA-256
}

func knownFrom(r Record) known {
	k := known{images: map[string]EncodedImage{}, texts: map[string][]float32{}, videos: map[string]EncodedVideo{}}
	pictures := len(r.Item.Images)
	var video EncodedVideo
	fields := slices.Sorted(maps.Keys(r.Item.Texts))
	for _, entry := range r.Entries {
		switch n := entry.Ordinal; {
		case entry.Modality == ModalityImage && n < pictures:
			img := r.Item.Images[n]
			k.images[img.SHA256] = EncodedImage{Vector: entry.Vector, Type: img.Type, Width: img.Width, Height: img.Height}
		case entry.Modality == ModalityImage && n < r.Item.encoded(ModalityImage):
			video.Segments = append(video.Segments, EncodedSegment{r.Item.Video.Segments[n-pictures], entry.Vector})
		case entry.Modality == ModalityText && n < len(fields):
			k.texts[r.Item.Texts[fields[n]]] = entry.Vector
		}
	}
	if v := r.Item.Video; v != nil && len(video.Segments) == len(v.Segments) {
		video.Type, video.Width, video.Height, video.Duration = v.Type, v.Width, v.Height, v.Duration
		k.videos[v.SHA256] = video
	}
	return k
}

// ownVectors returns the ready vectors of a record by modality: those behind what was encoded.
func ownVectors(r Record) map[Modality][][]float32 {
	own := map[Modality][][]float32{}
	for _, entry := range r.Entries {
		if entry.Ordinal >= r.Item.encoded(entry.Modality) {
			own[entry.Modality] = append(own[entry.Modality], entry.Vector)
		}
	}
	return own
}

// blobs returns the pictures and the clip.
func (d draft) blobs() []draftImage {
	if d.video == nil {
		return d.images
	}
	return append(slices.Clip(d.images), *d.video)
}

// write lays the draft out as a record: pictures, segments of the clip, ready image vectors, then texts by field, ready text
// vectors.
func (d draft) write(k known) Write {
	w := Write{Record: Record{Item: Item{ID: d.id, Texts: d.texts, Attributes: d.attributes}}}
	item := &w.Record.Item
	add := func(m Modality, vectors ...[]float32) {
		ordinal := 0
		if n := len(w.Record.Entries); n > 0 && w.Record.Entries[n-1].Modality == m {
			ordinal = w.Record.Entries[n-1].Ordinal + 1
		}
		for i, v := range vectors {
			w.Record.Entries = append(w.Record.Entries, Entry{Modality: m, Ordinal: ordinal + i, Vector: v})
		}
	}
	for _, img := range d.images {
		enc := k.images[img.sha256]
		item.Images = append(item.Images, Image{
			SHA256: img.sha256, Type: enc.Type, Width: enc.Width, Height: enc.Height, Bytes: img.bytes,
		})
		if img.data != nil {
			w.Blobs = append(w.Blobs, Blob{SHA256: img.sha256, Data: img.data})
		}
		add(ModalityImage, enc.Vector)
	}
	if d.video != nil {
		enc := k.videos[d.video.sha256]
		item.Video = &Video{
			SHA256: d.video.sha256, Type: enc.Type, Width: enc.Width, Height: enc.Height, Bytes: d.video.bytes, Duration: enc.Duration,
		}
		for _, s := range enc.Segments {
			item.Video.Segments = append(item.Video.Segments, s.Segment)
			add(ModalityImage, s.Vector)
		}
		if d.video.data != nil {
			w.Blobs = append(w.Blobs, Blob{SHA256: d.video.sha256, Data: d.video.data})
		}
	}
	add(ModalityImage, d.own[ModalityImage]...)
	for _, field := range slices.Sorted(maps.Keys(d.texts)) {
		add(ModalityText, k.texts[d.texts[field]])
	}
	add(ModalityText, d.own[ModalityText]...)
	for m, vectors := range d.own {
		if len(vectors) > 0 {
			if item.OwnVectors == nil {
				item.OwnVectors = map[Modality]int{}
			}
			item.OwnVectors[m] = len(vectors)
		}
	}
	return w
}
