package engine

// Limits bound what one item and one query may hold. The bounds on pictures themselves belong to the encoder, the bound
// on a request's bytes to the server.
type Limits struct {
	IDBytes        int // of an item's id
	Texts          int // an item
	TextBytes      int // a text
	Images         int // an item
	Vectors        int // ready vectors an item and modality
	Attributes     int // an item
	AttributeBytes int // an attribute's name, string, number or all of a list
	QueryParts     int
	QueryLimit     int // hits a page
	PageSize       int // items a page of a list
	EmbedInputs    int // texts and pictures of one embed call
	BatchItems     int // items of one batch
}

// DefaultLimits returns the limits of a server.
func DefaultLimits() Limits {
	return Limits{
		IDBytes: 512, Texts: 64, TextBytes: 256 << 10, Images: 64, Vectors: 64, Attributes: 1000, AttributeBytes: 64 << 10,
		QueryParts: 64, QueryLimit: 1000, PageSize: 1000, EmbedInputs: 1000, BatchItems: 1000,
	}
}
