package tokenizer

import (
	"cmp"
	"slices"
	"strings"
)

// trie finds the longest vocabulary entry that a text starts with in one walk over its bytes, where a map would be
// asked once per possible length.
//
// The children of a node lie next to each other, so a node needs only where they begin and their labels stay in cache.
type trie struct {
	first []uint32 // node → its first edge; the edges of n are first[n] up to first[n+1]
	label []byte   // edge → byte; ascending within a node
	ids   []int64  // node → id of the entry that ends here, or none
	root  [256]uint32
}

// none marks a node where no entry ends. Node 0 is the root, so a child of 0 means that there is none.
const none = -1

type entry struct {
	text string
	id   int64
}

// newTrie builds a trie of entries; empty texts are left out and of equal texts the one with the largest id wins. An edge leads to the node of
// its own number plus one, because nodes are numbered in the order of their edges.
func newTrie(entries []entry) *trie {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
	})
	t := &trie{}
	// Breadth first: span is the entries below a node, which all share their first depth bytes.
	type span struct{ from, to, depth int }
	queue := []span{{0, len(entries), 0}}
	for n := 0; n < len(queue); n++ {
		s := queue[n]
		t.first = append(t.first, uint32(len(t.label)))
		id := int64(none)
		for s.from < s.to && len(entries[s.from].text) == s.depth {
			id = entries[s.from].id
			s.from++
		}
		t.ids = append(t.ids, id)
		for from := s.from; from < s.to; {
			b, to := entries[from].text[s.depth], from+1
			for to < s.to && entries[to].text[s.depth] == b {
				to++
			}
			t.label = append(t.label, b)
			queue = append(queue, span{from, to, s.depth + 1})
			from = to
		}
	}
	t.first = append(t.first, uint32(len(t.label)))
	t.ids[0] = none
	for e := t.first[0]; e < t.first[1]; e++ {
		t.root[t.label[e]] = e + 1
	}
	return t
}

// longest returns the id and the length in bytes of the longest entry that b starts with, or none and 0.
func (t *trie) longest(b []byte) (id int64, length int) {
	id = none
	if len(b) == 0 {
		return id, 0
	}
	node := t.root[b[0]]
	for i := 1; node != 0; i++ {
		if t.ids[node] != none {
			id, length = t.ids[node], i
		}
		if i == len(b) {
			break
		}
		node = t.child(node, b[i])
	}
	return id, length
}

// child returns the node that b leads to from node, 0 when there is none. Nodes below the root have few children, so
// walking along the labels beats a binary search.
func (t *trie) child(node uint32, b byte) uint32 {
	for e := t.first[node]; e < t.first[node+1]; e++ {
		switch l := t.label[e]; {
		case l == b:
			return e + 1
		case l > b:
			return 0
		}
	}
	return 0
}
