package engine

import "time"

// Modality tells which tower of an encoder made a vector. Cosines of different modalities do not compare, so each has
// its own index.
type Modality string

// The modalities.
const (
	ModalityImage Modality = "image"
	ModalityText  Modality = "text"
)

// Modalities lists every modality, in the order in which results name them.
var Modalities = [...]Modality{ModalityImage, ModalityText}

// Item is one thing of a collection as it is stored: a product with its texts, pictures and attributes.
type Item struct {
	ID     string            `json:"id"`
	Texts  map[string]string `json:"texts,omitempty"`  // field name → text, UTF-8
	Images []Image           `json:"images,omitempty"` // in the order given
	Video  *Video            `json:"video,omitempty"`
	// Attributes hold strings, booleans, json.Number and flat lists of those. They come back exactly as they came.
	Attributes map[string]any `json:"attributes,omitempty"`
	// OwnVectors counts the entries of each modality that came as ready vectors rather than from a picture or a text.
	OwnVectors map[Modality]int `json:"own_vectors,omitempty"`
	Revision   uint64           `json:"revision"` // grows with every change, and does not begin anew after a deletion
	Created    time.Time        `json:"created"`
	Updated    time.Time        `json:"updated"`
}

// Image describes a stored picture. Its bytes are addressed by their hash.
type Image struct {
	SHA256 string `json:"sha256"` // of the bytes as uploaded, hexadecimal
	Type   string `json:"type"`   // media type, such as "image/jpeg"
	Width  int    `json:"width"`  // pixels, after EXIF orientation
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
}

// Entry is one vector of an item: of a picture, of a text, or given ready.
type Entry struct {
	Modality Modality
	// Ordinal numbers the item's entries within the modality, from 0: first the pictures in their order and the segments of
	// the clip, or the texts by field name, then the ready vectors.
	Ordinal int
	Vector  []float32 // [dimension], L2-normalised
}

// Record is an item with its entries, as it goes to and comes from a [Backend].
type Record struct {
	Item    Item
	Entries []Entry // by modality (image, text), then ordinal
}

// encoded returns how many entries of a modality were made of what the item shows and says; those behind came ready.
func (i Item) encoded(m Modality) int {
	if m == ModalityText {
		return len(i.Texts)
	}
	return len(i.Images) + i.Video.segments()
}

// Blob is the bytes of a picture or clip under their hash.
type Blob struct {
	SHA256 string
	Data   []byte
}
