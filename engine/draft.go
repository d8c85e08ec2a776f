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
	attributes map[string]any
	own        map[Modality][][]float32 // ready vectors, [n][dimension], L2-normalised
}

// draftImage is a picture of a draft; data is nil when the picture is stored already.
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
}

func knownFrom(r Record) known {
	k := known{images: map[string]EncodedImage{}, texts: map[string][]float32{}}
	fields := slices.Sorted(maps.Keys(r.Item.Texts))
	for _, entry := range r.Entries {
		switch n := entry.Ordinal; {
		case entry.Modality == ModalityImage && n < len(r.Item.Images):
			img := r.Item.Images[n]
			k.images[img.SHA256] = EncodedImage{Vector: entry.Vector, Type: img.Type, Width: img.Width, Height: img.Height}
		case entry.Modality == ModalityText && n < len(fields):
			k.texts[r.Item.Texts[fields[n]]] = entry.Vector
		}
	}
	return k
}

// ownVectors returns the ready vectors of a record by modality: those behind its pictures and its texts.
func ownVectors(r Record) map[Modality][][]float32 {
	own := map[Modality][][]float32{}
	for _, entry := range r.Entries {
		encoded := len(r.Item.Images)
		if entry.Modality == ModalityText {
			encoded = len(r.Item.Texts)
		}
		if entry.Ordinal >= encoded {
			own[entry.Modality] = append(own[entry.Modality], entry.Vector)
		}
	}
	return own
}

// write lays the draft out as a record: pictures, then ready image vectors, then texts by field, then ready text vectors.
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
