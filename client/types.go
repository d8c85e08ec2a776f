package client

import "time"

// Collection describes a collection.
type Collection struct {
	Name    string     `json:"name"`
	Encoder EncoderRef `json:"encoder"`
	Index   Index      `json:"index"`
	Items   int        `json:"items"`
	Entries struct {
		Image Entries `json:"image"`
		Text  Entries `json:"text"`
	} `json:"entries"`
	// BytesPerVector is the memory that the index of a modality takes for each of many vectors by these settings.
	BytesPerVector float64   `json:"bytes_per_vector"`
	Created        time.Time `json:"created"`
}

// EncoderRef names the encoder that a collection is bound to.
type EncoderRef struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"`
	Dimension   int    `json:"dimension"`
}

// Encoder describes an installed encoder.
type Encoder struct {
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"` // hash of the model's files; vectors of another one do not compare
	Dimension   int      `json:"dimension"`
	Languages   []string `json:"languages"` // BCP 47
	Licence     string   `json:"licence"`   // SPDX
	Provider    string   `json:"provider"`  // what runs the model, such as cpu or cuda
	Devices     []int    `json:"devices,omitempty"`
	Fallback    string   `json:"provider_fallback,omitempty"` // why the CPU runs it although there is a GPU
	LogitScale  float64  `json:"logit_scale"`
	LogitBias   float64  `json:"logit_bias,omitempty"` // added to logits by models trained with a sigmoid a pair
	ImageSize   int      `json:"image_size"`           // pixels, the longer edge of the input
	MaxTokens   int      `json:"max_tokens"`
}

// Index chooses and tunes a collection's vector index. Zero fields mean the server's defaults.
type Index struct {
	Kind           string `json:"kind,omitempty"` // hnsw, flat or coder
	M              int    `json:"m,omitempty"`
	EfConstruction int    `json:"ef_construction,omitempty"`
	EfSearch       int    `json:"ef_search,omitempty"`
	ExactBelow     int    `json:"exact_below,omitempty"`
	Seed           uint64 `json:"seed,omitempty"`
	Quantizer      string `json:"quantizer,omitempty"` // int8, int4, f16 or none
	Memory         string `json:"memory,omitempty"`    // codes or full
}

// Entries describes the vectors of one modality and the memory of their index.
type Entries struct {
	Quantizer      string  `json:"quantizer"` // int8, int4, f16 or none
	Memory         string  `json:"memory"`    // where full vectors are: codes: in the database; full: in memory
	Vectors        int     `json:"vectors"`
	FreeSlots      int     `json:"free_slots"`       // places of deleted vectors, which new ones take; their memory is counted
	CodeBytes      int64   `json:"code_bytes"`       // what the quantizer made of the vectors
	VectorBytes    int64   `json:"vector_bytes"`     // full vectors
	LinkBytes      int64   `json:"link_bytes"`       // neighbours
	KeyBytes       int64   `json:"key_bytes"`        // keys, the lookup of their places and the lists of free ones
	MemoryBytes    int64   `json:"memory_bytes"`     // the sum
	BytesPerVector float64 `json:"bytes_per_vector"` // the sum by the number of vectors
}

// Stats is what all collections hold, and how much memory there is.
type Stats struct {
	Collections int     `json:"collections"`
	Items       int     `json:"items"`
	Vectors     int     `json:"vectors"`
	IndexBytes  int64   `json:"index_bytes"` // memory of all indexes
	Memory      *Memory `json:"memory"`      // nil: the server's system does not tell
}

// Memory is what the server's system says of memory.
type Memory struct {
	ResidentBytes  int64  `json:"resident_bytes"`  // of the server's process
	FileBytes      int64  `json:"file_bytes"`      // of those, pages of files, which the system takes back when it needs them
	LimitBytes     int64  `json:"limit_bytes"`     // what there is for all that shares it
	AvailableBytes int64  `json:"available_bytes"` // what can still be taken of it
	LimitedBy      string `json:"limited_by"`      // cgroup or machine
}

// NewCollection asks for a collection.
type NewCollection struct {
	Name    string `json:"name"`
	Encoder string `json:"encoder,omitempty"`
	Index   Index  `json:"index,omitzero"`
}

// Item is an item to store. It needs at least one text, picture, clip or vector.
type Item struct {
	Texts      map[string]string      `json:"texts,omitempty"`
	Images     [][]byte               `json:"-"` // encoded pictures, sent as parts
	Video      []byte                 `json:"-"` // an encoded clip, likewise; nil: none
	Attributes map[string]any         `json:"attributes,omitempty"`
	Vectors    map[string][][]float32 `json:"vectors,omitempty"` // by modality, "image" or "text"
}

// Patch changes parts of an item. A nil value removes its field; fields that are not named stay.
type Patch struct {
	Texts      map[string]*string `json:"texts,omitempty"`
	Attributes map[string]any     `json:"attributes,omitempty"`
}

// StoredItem is an item as the server has it. Numbers among the attributes are json.Number, with every digit.
type StoredItem struct {
	ID         string                 `json:"id"`
	Texts      map[string]string      `json:"texts,omitempty"`
	Images     []StoredImage          `json:"images,omitempty"`
	Video      *StoredVideo           `json:"video,omitempty"`
	Attributes map[string]any         `json:"attributes,omitempty"`
	Vectors    map[string][][]float32 `json:"vectors,omitempty"`
	Revision   uint64                 `json:"revision"`
	Created    time.Time              `json:"created"`
	Updated    time.Time              `json:"updated"`
	// Outcome is set by writes: created, updated or unchanged.
	Outcome string `json:"outcome,omitempty"`
}

// BatchResult is the outcome of one item of a batch.
type BatchResult struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"` // created, updated, unchanged or refused
	Problem *Error `json:"problem"` // why it was refused
}

// StoredImage describes a stored picture.
type StoredImage struct {
	URL    string `json:"url"` // path on the server
	Type   string `json:"type"`
	Width  int    `json:"width"` // pixels
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// StoredVideo describes a stored clip.
type StoredVideo struct {
	URL      string    `json:"url"` // path on the server
	Type     string    `json:"type"`
	Width    int       `json:"width"` // pixels
	Height   int       `json:"height"`
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Duration float64   `json:"duration"` // seconds
	Segments []Segment `json:"segments"`
}

// Segment is a part of a clip in which about the same is to be seen. Times are in seconds.
type Segment struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Peak  float64 `json:"peak"` // when the frame is shown that is most like the segment
}

// Search asks for the items nearest to a weighted mixture of parts.
type Search struct {
	Query  []Part
	Target string // image (default), text or any
	Limit  int    // 0: the server's default, 10
	Ef     int
	Recall float32 // share of the true nearest that is wanted, instead of Ef
	Exact  bool
}

// Part is one ingredient of a search: exactly one of Text, Image, Item and Vector is set.
type Part struct {
	Text   string
	Image  []byte // an encoded picture
	Item   string // the id of a stored item
	Vector []float32
	Weight float64 // 0: 1
}

// Result is what a search found, best first.
type Result struct {
	Hits []Hit `json:"hits"`
	Took struct {
		Encode float64 `json:"encode"`
		Search float64 `json:"search"`
		Total  float64 `json:"total"`
	} `json:"took_ms"` // milliseconds, in the server
}

// Hit is one item found.
type Hit struct {
	ID      string  `json:"id"`
	Score   float32 `json:"score"` // cosine
	Matched struct {
		Modality string `json:"modality"`
		Entry    int    `json:"entry"`
		// Video is the part of the item's clip that matched, when one did.
		Video *Segment `json:"video,omitempty"`
	} `json:"matched"`
	Item StoredItem `json:"item"`
}

// Embedded holds vectors: [n][dimension], L2-normalised. A picture that failed has nil and an error.
type Embedded struct {
	Texts     [][]float32  `json:"text_embeddings"`
	Images    [][]float32  `json:"image_embeddings"`
	Dimension int          `json:"dimension"`
	Encoder   string       `json:"encoder"`
	Errors    []EmbedError `json:"errors"`
}

// EmbedError tells why one picture has no vector.
type EmbedError struct {
	Image  int    `json:"image"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}
