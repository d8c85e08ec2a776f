package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram splits a piece where the sum of the tokens' log probabilities is largest (Kudo 2018,
// arXiv:1804.10959, section 3.2), by Viterbi's algorithm over the positions between runes.
type unigram struct {
	ids          map[string]int64
	trie         *trie
	scores       []float64
	unknown      int64
	unknownScore float64
	bytes        *byteTokens // nil: no fallback to bytes
	single       bool        // scores are added in 32 bits
}

// unknownPenalty is how much an unknown rune costs beyond the least likely token.
const unknownPenalty = 10

// scoredPiece is ["▁the", -3.5].
type scoredPiece struct {
	text  string
	score float64
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *scoredPiece) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.text, &p.score})
}

func newUnigram(c *component) (*unigram, error) {
	var s struct {
		UnknownID    *int64        `json:"unk_id"`
		ByteFallback bool          `json:"byte_fallback"`
		Vocab        []scoredPiece `json:"vocab"`
	}
	if err := c.read(&s); err != nil {
		return nil, err
	}
	if s.UnknownID == nil || *s.UnknownID < 0 || *s.UnknownID >= int64(len(s.Vocab)) {
		return nil, fmt.Errorf("%w: unk_id is not in the vocabulary of %d pieces", ErrMalformed, len(s.Vocab))
	}
	u := &unigram{ids: make(map[string]int64, len(s.Vocab)), unknown: *s.UnknownID}
	least := math.Inf(1)
	entries := make([]entry, len(s.Vocab))
	for i, p := range s.Vocab {
		u.ids[p.text] = int64(i) // of equal pieces the last counts
		u.scores = append(u.scores, p.score)
		entries[i] = entry{p.text, int64(i)}
		least = min(least, p.score)
	}
	u.unknownScore = least - unknownPenalty
	u.trie = newTrie(entries)
	if s.ByteFallback {
		u.bytes = newByteTokens(u.id)
	}
	return u, nil
}

func (u *unigram) id(token string) (int64, bool) {
	id, ok := u.ids[token]
	return id, ok
}

func (u *unigram) size() int { return len(u.scores) }

// latticeNode is the best way to a position in a piece: the token that ends there.
type latticeNode struct {
	score float64
	from  int32 // where the token begins; -1: no way here yet
	id    int32
}

func (u *unigram) appendIDs(dst []int64, piece []byte, b *buffers) []int64 {
	if id, ok := u.letter(piece); ok {
		return append(dst, id)
	}
	best := b.lattice[:0]
	for range len(piece) + 1 {
		best = append(best, latticeNode{from: -1})
	}
	b.lattice = best
	for at := 0; at < len(piece); {
		_, size := utf8.DecodeRune(piece[at:])
		if !u.extend(best, piece, at, size) {
			reach(&best[at+size], u.sum(best[at].score, u.unknownScore), at, u.unknown)
		}
		at += size
	}
	return u.trace(dst, best, piece)
}

// letter is for pieces of one token that no other way can beat: those of a single rune.
func (u *unigram) letter(piece []byte) (int64, bool) {
	if len(piece) > 4 {
		return 0, false
	}
	if _, size := utf8.DecodeRune(piece); size != len(piece) {
		return 0, false
	}
	id, ok := u.ids[string(piece)]
	return id, ok
}

// extend reaches on from at by every token that begins there, and reports whether one of them is a single rune of size
// bytes.
func (u *unigram) extend(best []latticeNode, piece []byte, at, size int) bool {
	t := u.trie
	score := best[at].score
	whole := false
	node := t.root[piece[at]]
	for end := at + 1; node != 0; end++ {
		if id := t.ids[node]; id != none {
			reach(&best[end], u.sum(score, u.scores[id]), at, id)
			whole = whole || end-at == size
		}
		if end == len(piece) {
			break
		}
		node = t.child(node, piece[end])
	}
	return whole
}

func (u *unigram) sum(a, b float64) float64 {
	if u.single {
		return float64(float32(a + b)) // of two numbers of 32 bits, the same as adding in 32 bits
	}
	return a + b
}

// reach keeps the better way; of equal ones the first.
func reach(n *latticeNode, score float64, from int, id int64) {
	if n.from < 0 || score > n.score {
		*n = latticeNode{score: score, from: int32(from), id: int32(id)}
	}
}

// trace appends the tokens of the best way. Unknown runes in a row are one unknown token, or the token that they happen
// to make together, or bytes.
func (u *unigram) trace(dst []int64, best []latticeNode, piece []byte) []int64 {
	start := len(dst)
	for end := len(piece); end > 0; {
		n := best[end]
		from := int(n.from)
		if int64(n.id) != u.unknown {
			dst = append(dst, int64(n.id))
			end = from
			continue
		}
		for from > 0 && int64(best[from].id) == u.unknown {
			from = int(best[from].from)
		}
		dst = u.appendUnknown(dst, piece[from:end])
		end = from
	}
	for i, j := start, len(dst)-1; i < j; i, j = i+1, j-1 {
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}

// appendUnknown appends the ids of text backwards.
func (u *unigram) appendUnknown(dst []int64, text []byte) []int64 {
	if id, ok := u.ids[string(text)]; ok {
		return append(dst, id)
	}
	if !u.bytes.cover(text) {
		return append(dst, u.unknown)
	}
	for i := len(text) - 1; i >= 0; i-- {
		dst = append(dst, u.bytes[text[i]])
	}
	return dst
}
