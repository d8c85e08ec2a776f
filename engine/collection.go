package engine

import "time"

// Collection is a named set of items that share an encoder and index settings.
type Collection struct {
	Name    string      `json:"name"`
	Encoder EncoderRef  `json:"encoder"`
	Index   IndexConfig `json:"index"`
	Created time.Time   `json:"created"`
}

// EncoderRef pins the encoder that a collection's vectors came from.
type EncoderRef struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"` // hash of the model's files; vectors of another fingerprint do not compare
	Dimension   int    `json:"dimension"`
}

// IndexConfig chooses and tunes the vector index of a collection. Zero values mean the server's defaults, filled in when
// the collection is created.
type IndexConfig struct {
	Kind           string `json:"kind"`            // "hnsw", "flat" or "coder"
	M              int    `json:"m"`               // links a node on the upper layers; 2M on layer 0
	EfConstruction int    `json:"ef_construction"` // candidates kept while linking
	EfSearch       int    `json:"ef_search"`       // nodes that a walk expands, about
	ExactBelow     int    `json:"exact_below"`     // rows under which a search scans everything; negative: never
	Seed           uint64 `json:"seed"`            // of the level generator
	Quantizer      string `json:"quantizer"`       // what is scored first: "int8", "int4", "f16" or "none"
	Memory         string `json:"memory"`          // "codes": full vectors are read from the database; "full": kept in memory
}

// CollectionStats is what a collection holds.
type CollectionStats struct {
	Items   int                     `json:"items"`
	Entries map[Modality]IndexStats `json:"entries"`
}

// IndexStats describes the vector index of one modality and the memory that it holds. What searches hold while they run,
// most of it a bit a vector for each walk under way at once, is not counted, nor are the ids of items.
type IndexStats struct {
	Kind      string `json:"kind"`
	Quantizer string `json:"quantizer"` // "int8", "int4", "f16" or "none"
	Memory    string `json:"memory"`    // where full vectors are: "full": in memory; "codes": in the database
	Vectors   int    `json:"vectors"`
	FreeSlots int    `json:"free_slots"` // places of deleted vectors, which new ones take; their memory is counted

	CodeBytes   int64 `json:"code_bytes"`   // what the quantizer made of the vectors
	VectorBytes int64 `json:"vector_bytes"` // full vectors
	LinkBytes   int64 `json:"link_bytes"`   // neighbours
	KeyBytes    int64 `json:"key_bytes"`    // keys, the lookup of their places and the lists of free ones
	MemoryBytes int64 `json:"memory_bytes"` // the sum

}

// BytesPerVector returns the memory by the number of vectors, 0 when there are none.
func (s IndexStats) BytesPerVector() float64 {
	if s.Vectors == 0 {
		return 0
	}
	return float64(s.MemoryBytes) / float64(s.Vectors)
}
