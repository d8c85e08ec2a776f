package tokenizer

import (
	"bytes"
	"math/bits"
	"unicode/utf8"
)

// merge is what becomes of a pair of tokens, and when.
type merge struct {
	rank   int32 // smaller is earlier
	joined int32
}

// mergeTable maps pairs of ids to merges, by open addressing: it is asked twice for every rune.
type mergeTable struct {
	keys   []uint64 // a+1 in the upper half and b in the lower, 0 for a free slot
	merges []merge
	shift  uint
}

func newMergeTable(n int) *mergeTable {
	size := 1 << bits.Len(uint(2*n+1)) // at most half full
	return &mergeTable{keys: make([]uint64, size), merges: make([]merge, size), shift: uint(65 - bits.Len(uint(size)))}
}

func pairKey(a, b int32) uint64 { return uint64(uint32(a)+1)<<32 | uint64(uint32(b)) }

// slot multiplies by 2^64 over the golden ratio, which spreads neighbours far apart.
func (t *mergeTable) slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

// set keeps the last of several merges of a pair.
func (t *mergeTable) set(a, b int32, m merge) {
	key := pairKey(a, b)
	i := t.slot(key)
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & uint64(len(t.keys)-1)
	}
	t.keys[i], t.merges[i] = key, m
}

func (t *mergeTable) get(a, b int32) (merge, bool) {
	key := pairKey(a, b)
	for i := t.slot(key); t.keys[i] != 0; i = (i + 1) & uint64(len(t.keys)-1) {
		if t.keys[i] == key {
			return t.merges[i], true
		}
	}
	return merge{}, false
}

// symbol is a token of a piece that is being joined, in a doubly linked list.
type symbol struct {
	id         int32 // gone: joined to the one before
	prev, next int32 // -1 at the ends
	rank       int32 // of the merge with the next, noMerge when there is none
	joined     int32 // what that merge makes
}

const (
	gone    = -1
	noMerge = 1<<31 - 1
)

// candidate is a merge of the symbol at a place with the next.
type candidate struct{ rank, at int32 }

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// appendIDs implements model.
func (m *bpe) appendIDs(dst []int64, piece []byte, b *buffers) []int64 {
	if m.boundary == nil {
		return m.appendWord(dst, piece, b)
	}
	for len(piece) > 0 {
		n := m.wordLength(piece)
		if n == len(piece) {
			return m.appendWord(dst, piece, b)
		}
		dst = b.words.appendIDs(dst, boundedWord{m}, piece[:n], b)
		piece = piece[n:]
	}
	return dst
}

// boundedWord is m for pieces without a boundary inside.
type boundedWord struct{ *bpe }

func (w boundedWord) appendIDs(dst []int64, piece []byte, b *buffers) []int64 {
	return w.appendWord(dst, piece, b)
}

// wordLength is the length of what piece begins with up to the next boundary.
func (m *bpe) wordLength(piece []byte) int {
	i := 0
	for bytes.HasPrefix(piece[i:], m.boundary) {
		i += len(m.boundary)
	}
	if next := bytes.Index(piece[i:], m.boundary); next >= 0 {
		return i + next
	}
	return len(piece)
}

func (m *bpe) appendWord(dst []int64, piece []byte, b *buffers) []int64 {
	if m.whole != nil {
		if id, ok := m.whole[string(piece)]; ok {
			return append(dst, id)
		}
	}
	b.symbols = m.appendSymbols(b.symbols[:0], piece)
	s := b.symbols
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
	}
	if len(s) > 0 {
		s[len(s)-1].next = -1
	}
	for i := range s {
		m.weigh(s, int32(i))
	}
	if len(s) <= scanned {
		joinByScan(m, s)
	} else {
		b.queue = joinByQueue(m, s, b.queue[:0])
	}
	for i := range s {
		if s[i].id != gone {
			dst = append(dst, int64(s[i].id))
		}
	}
	return dst
}

// appendSymbols turns a piece into the tokens of its runes, or of its bytes.
func (m *bpe) appendSymbols(dst []symbol, piece []byte) []symbol {
	unknown := false // one is pending
	at := firstRune
	for i := 0; i < len(piece); {
		if m.endsPiece(piece[i:]) {
			at |= lastRune
		}
		id, size := m.letters[at].first(piece[i:])
		text := piece[i : i+size]
		i, at = i+size, 0
		switch {
		case id != none:
			if unknown {
				dst = append(dst, symbol{id: int32(m.unknown)})
				unknown = false
			}
			dst = append(dst, symbol{id: id})
		case m.bytes.cover(text):
			for _, c := range text { // before a pending unknown token, as the reference has it
				dst = append(dst, symbol{id: int32(m.bytes[c])})
			}
		case m.unknown != none:
			if unknown && !m.fuse {
				dst = append(dst, symbol{id: int32(m.unknown)})
			}
			unknown = true
		}
	}
	if unknown {
		dst = append(dst, symbol{id: int32(m.unknown)})
	}
	return dst
}

// endsPiece reports that what is left of a piece is one rune, or one byte.
func (m *bpe) endsPiece(rest []byte) bool {
	if len(rest) == 1 || len(rest) > utf8.UTFMax || m.letters[0].bytes != nil {
		return len(rest) == 1
	}
	_, size := utf8.DecodeRune(rest)
	return size == len(rest)
}

// weigh looks up the merge of s[i] with the next.
func (m *bpe) weigh(s []symbol, i int32) {
	x := &s[i]
	x.rank = noMerge
	if x.next >= 0 {
		if found, ok := m.merges.get(x.id, s[x.next].id); ok {
			x.rank, x.joined = found.rank, found.joined
		}
	}
}

// join merges s[i] with the next and looks up the merges of the pairs that come of it.
func (m *bpe) join(s []symbol, i int32) {
	x := &s[i]
	right := &s[x.next]
	x.id, x.next = x.joined, right.next
	right.id, right.rank = gone, noMerge
	if x.next >= 0 {
		s[x.next].prev = i
	}
	m.weigh(s, i)
	if x.prev >= 0 {
		m.weigh(s, x.prev)
	}
}

// scanned is up to how many symbols looking at all of them for the next merge is faster than a queue.
const scanned = 24

func joinByScan(m *bpe, s []symbol) {
	for {
		best, rank := int32(-1), int32(noMerge)
		for i := int32(0); i >= 0 && int(i) < len(s); i = s[i].next {
			if s[i].rank < rank {
				best, rank = i, s[i].rank
			}
		}
		if best < 0 {
			return
		}
		m.join(s, best)
	}
}

// joinByQueue takes merges from a binary heap. Entries whose pair is no longer there are skipped.
func joinByQueue(m *bpe, s []symbol, q []candidate) []candidate {
	for i := range s {
		if s[i].rank != noMerge {
			q = append(q, candidate{s[i].rank, int32(i)})
		}
	}
	for i := len(q)/2 - 1; i >= 0; i-- {
		siftDown(q, i)
	}
	for len(q) > 0 {
		top := q[0]
		last := len(q) - 1
		q[0] = q[last]
		q = q[:last]
		siftDown(q, 0)
		if s[top.at].rank != top.rank || s[top.at].id == gone {
			continue
		}
		m.join(s, top.at)
		if s[top.at].rank != noMerge {
			q = siftUp(append(q, candidate{s[top.at].rank, top.at}))
		}
		if p := s[top.at].prev; p >= 0 && s[p].rank != noMerge {
			q = siftUp(append(q, candidate{s[p].rank, p}))
		}
	}
	return q
}

func siftDown(q []candidate, i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(q[i]) {
			return
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
}

// siftUp puts the last of q in its place.
func siftUp(q []candidate) []candidate {
	for i := len(q) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q[i].before(q[parent]) {
			break
		}
		q[i], q[parent] = q[parent], q[i]
		i = parent
	}
	return q
}
