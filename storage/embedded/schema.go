package embedded

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// formatVersion is the version of the database as a whole: which buckets there are and what they mean.
const formatVersion = 1

// The buckets and keys, as in docs/format/database.md.
var (
	bucketMeta        = []byte("meta")
	bucketCollections = []byte("collections") // name → collectionRecord; sequence: highest revision of those dropped
	bucketData        = []byte("data")        // number → bucket of a collection
	bucketDropped     = []byte("dropped")     // number of a collection whose data is being removed → name
	bucketPictures    = []byte("pictures")    // SHA-256 → pictureRecord
	bucketBytes       = []byte("bytes")       // number → the bytes of a small picture
	bucketRemoved     = []byte("removed")     // SHA-256 of a picture whose file is to be removed → nothing; made when needed
	bucketItems       = []byte("items")       // within a collection: id → item record; sequence: highest revision

	keyFormat = []byte("format")
	keyItems  = []byte("item_count") // within a collection
)

// modalityCode is how a modality is written in records. The codes are part of the format.
func modalityCode(m engine.Modality) (byte, bool) {
	switch m {
	case engine.ModalityImage:
		return 1, true
	case engine.ModalityText:
		return 2, true
	}
	return 0, false
}

func modalityOf(code byte) (engine.Modality, bool) {
	for _, m := range engine.Modalities {
		if c, ok := modalityCode(m); ok && c == code {
			return m, true
		}
	}
	return "", false
}

func entriesBucket(m engine.Modality) []byte { return []byte("entries/" + string(m)) }

func graphBucket(m engine.Modality) []byte { return []byte("graph/" + string(m)) }

// number is the big-endian form of a key, so that bbolt's bytewise order is the numeric order.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// sealSize is what a sealed value has before its payload: a version byte and the CRC-32C of version and payload. bbolt has
// no checksums on its pages, so each value carries its own.
const sealSize = 1 + crc32.Size

// newSealed returns a buffer with room for the seal; append the payload and call seal.
func newSealed(payload int) []byte { return make([]byte, sealSize, sealSize+payload) }

func seal(version byte, b []byte) []byte {
	b[0] = version
	binary.BigEndian.PutUint32(b[1:], sealSum(b))
	return b
}

// unseal checks a value and returns its payload, which aliases b.
func unseal(what string, version byte, b []byte) ([]byte, error) {
	if len(b) < sealSize {
		return nil, damagedf("%s is cut off", what)
	}
	if b[0] != version {
		return nil, damagedf("%s has the unknown version %d", what, b[0])
	}
	if binary.BigEndian.Uint32(b[1:]) != sealSum(b) {
		return nil, damagedf("%s fails its checksum", what)
	}
	return b[sealSize:], nil
}

func sealSum(b []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, b[:1]), table, b[sealSize:])
}

// counterVersion is the version of sealed numbers.
const counterVersion = 1

func sealCounter(n uint64) []byte {
	return seal(counterVersion, binary.AppendUvarint(newSealed(binary.MaxVarintLen64), n))
}

func unsealCounter(what string, b []byte) (uint64, error) {
	payload, err := unseal(what, counterVersion, b)
	if err != nil {
		return 0, err
	}
	n, size := binary.Uvarint(payload)
	if size != len(payload) {
		return 0, damagedf("%s is not a number", what)
	}
	return n, nil
}

// createBuckets makes the top-level buckets of a new database.
func createBuckets(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketCollections, bucketData, bucketDropped, bucketPictures, bucketBytes} {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return tx.Bucket(bucketMeta).Put(keyFormat, sealCounter(formatVersion))
}

// createData makes the buckets of a new collection, whose revisions begin after the given one, and returns its number.
func createData(tx *bolt.Tx, revision uint64) (uint64, error) {
	data := tx.Bucket(bucketData)
	n, err := data.NextSequence()
	if err != nil {
		return 0, err
	}
	root, err := data.CreateBucket(number(n))
	if err != nil {
		return 0, err
	}
	names := [][]byte{bucketItems}
	for _, m := range engine.Modalities {
		names = append(names, entriesBucket(m), graphBucket(m))
	}
	for _, name := range names {
		if _, err := root.CreateBucket(name); err != nil {
			return 0, err
		}
	}
	if err := root.Bucket(bucketItems).SetSequence(revision); err != nil {
		return 0, err
	}
	return n, root.Put(keyItems, sealCounter(0))
}

// buckets are the buckets of one collection within a transaction.
type buckets struct {
	root    *bolt.Bucket
	items   *bolt.Bucket
	entries map[engine.Modality]*bolt.Bucket
	graphs  map[engine.Modality]*bolt.Bucket
}

// openData returns the buckets of a collection, or nil when it has been dropped.
func openData(tx *bolt.Tx, n uint64) (*buckets, error) {
	root := tx.Bucket(bucketData).Bucket(number(n))
	if root == nil || tx.Bucket(bucketDropped).Get(number(n)) != nil {
		return nil, nil
	}
	b := &buckets{
		root:    root,
		items:   root.Bucket(bucketItems),
		entries: make(map[engine.Modality]*bolt.Bucket, len(engine.Modalities)),
		graphs:  make(map[engine.Modality]*bolt.Bucket, len(engine.Modalities)),
	}
	complete := b.items != nil
	for _, m := range engine.Modalities {
		entries, graph := root.Bucket(entriesBucket(m)), root.Bucket(graphBucket(m))
		complete = complete && entries != nil && graph != nil
		b.entries[m], b.graphs[m] = entries, graph
	}
	if !complete {
		return nil, damagedf("collection %d lacks a bucket", n)
	}
	for _, entries := range b.entries {
		entries.FillPercent = 1 // keys only grow, so a split page never gets new keys in its lower half
	}
	return b, nil
}

func numberOf(key []byte) uint64 { return binary.BigEndian.Uint64(key) }
