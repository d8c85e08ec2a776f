package index

// MaxDimension is the greatest number of elements that the vectors of an index can have.
const MaxDimension = 1 << 16

// Where an index keeps full vectors.
const (
	MemoryFull  = "full"  // in memory, beside the codes if there are any
	MemoryCodes = "codes" // not at all: they are read from a Source
)

// Source reads full vectors that an index does not keep. It calls use with the place in keys and the vector, valid during
// the call, of every key that exists, in any order. It is called by searches, many at a time.
type Source func(keys []uint64, use func(i int, vector []float32)) error

// VectorOptions say how an index keeps its vectors.
type VectorOptions struct {
	Dimension int    // elements of a vector
	Quantizer string // what walks and scans score first: none, f16, int8 or int4; empty: none, whatever an index has as its own default
	Memory    string // MemoryFull or MemoryCodes; empty: codes when there is a Source, else full
	Source    Source // of the vectors that were added; needed by MemoryCodes
}

// Complete returns the options with defaults filled in.
func (o VectorOptions) Complete() VectorOptions {
	if o.Quantizer == "" {
		o.Quantizer = "none"
	}
	if o.Memory == "" {
		o.Memory = MemoryFull
		if o.Source != nil {
			o.Memory = MemoryCodes
		}
	}
	return o
}
