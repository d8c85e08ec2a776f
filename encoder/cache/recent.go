package cache

import (
	"container/list"
	"crypto/sha256"

	"pinax/engine"
)

// key is a hash of a content, of its kind and of the encoder.
type key [sha256.Size]byte

// keyer hashes contents of one kind for one encoder.
type keyer struct{ prefix string }

func (k keyer) key(content []byte) key {
	h := sha256.New()
	h.Write([]byte(k.prefix))
	h.Write(content)
	return key(h.Sum(nil))
}

// recent keeps what was used last, as far as a number of bytes goes. Its owner locks it.
type recent struct {
	limit, bytes int64
	entries      map[key]*list.Element // of *entry
	order        *list.List            // the most recent one first
}

type entry struct {
	key   key
	value engine.EncodedImage
}

// overhead is what an entry takes beside its vector: the key twice, the element of the list, the value and the map's share.
const overhead = 320

func newRecent(limit int64) *recent {
	return &recent{limit: limit, entries: map[key]*list.Element{}, order: list.New()}
}

func size(v engine.EncodedImage) int64 { return overhead + 4*int64(len(v.Vector)) }

// get returns a value, whose vector is not to be changed.
func (r *recent) get(k key) (engine.EncodedImage, bool) {
	e, ok := r.entries[k]
	if !ok {
		return engine.EncodedImage{}, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*entry).value, true
}

// put keeps a value, which belongs to recent from now on. One that is larger than all room is not kept.
func (r *recent) put(k key, v engine.EncodedImage) {
	if _, ok := r.entries[k]; ok || size(v) > r.limit {
		return
	}
	r.bytes += size(v)
	r.entries[k] = r.order.PushFront(&entry{key: k, value: v})
	for r.bytes > r.limit {
		oldest := r.order.Remove(r.order.Back()).(*entry)
		delete(r.entries, oldest.key)
		r.bytes -= size(oldest.value)
	}
}
