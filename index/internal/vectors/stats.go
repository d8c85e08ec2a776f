package vectors

import "pinax/index"

// Stats describes an index of a kind that holds linkBytes beside the store. It may run beside a writer, and then mixes
// numbers from before and after what it does.
func (s *Store) Stats(kind string, linkBytes int64) index.Stats {
	n, end := s.Len(), int(s.End()) // in this order: a slot is below the end before it counts
	out := index.Stats{
		Kind: kind, Quantizer: s.name, Memory: index.MemoryFull, Vectors: n, FreeSlots: max(end-n, 0),
		LinkBytes: linkBytes, KeyBytes: s.Table.MemoryBytes(),
	}
	if s.quantizer.Exact() {
		out.VectorBytes = s.codes.MemoryBytes()
	} else {
		out.CodeBytes = s.codes.MemoryBytes()
	}
	if s.full != nil {
		out.VectorBytes = s.full.MemoryBytes()
	}
	if s.source != nil {
		out.Memory = index.MemoryCodes
	}
	out.MemoryBytes = out.CodeBytes + out.VectorBytes + out.LinkBytes + out.KeyBytes
	return out
}
