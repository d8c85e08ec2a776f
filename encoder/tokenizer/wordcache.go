package tokenizer

import "hash/maphash"

// wordCache remembers the ids of short pieces: texts repeat their words. It has a fixed number of slots, in which a new
// word replaces an older one, and belongs to one goroutine at a time.
type wordCache struct {
	seed  maphash.Seed
	slots []cachedWord
}

const (
	cacheSlots   = 1 << 12
	cacheWord    = 23 // bytes of the longest word that is kept
	cacheWordIDs = 6  // and its most ids
)

type cachedWord struct {
	word   [cacheWord]byte
	length uint8
	n      uint8
	ids    [cacheWordIDs]int32
}

func newWordCache() *wordCache {
	return &wordCache{seed: maphash.MakeSeed(), slots: make([]cachedWord, cacheSlots)}
}

// appendIDs appends what m makes of piece.
func (c *wordCache) appendIDs(dst []int64, m model, piece []byte, b *buffers) []int64 {
	if len(piece) > cacheWord {
		return m.appendIDs(dst, piece, b)
	}
	slot := &c.slots[maphash.Bytes(c.seed, piece)%cacheSlots]
	if int(slot.length) == len(piece) && string(slot.word[:slot.length]) == string(piece) {
		for _, id := range slot.ids[:slot.n] {
			dst = append(dst, int64(id))
		}
		return dst
	}
	start := len(dst)
	dst = m.appendIDs(dst, piece, b)
	if ids := dst[start:]; len(ids) <= cacheWordIDs {
		slot.length = uint8(copy(slot.word[:], piece))
		slot.n = uint8(len(ids))
		for i, id := range ids {
			slot.ids[i] = int32(id)
		}
	}
	return dst
}
