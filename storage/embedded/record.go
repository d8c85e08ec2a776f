package embedded

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"time"
	"unsafe"

	"pinax/engine"
)

// Versions of the records.
const (
	itemVersion  = 1
	entryVersion = 1
)

// itemHeader is what the writer needs of a stored item without parsing its JSON.
type itemHeader struct {
	revision uint64
	created  time.Time
	updated  time.Time
	entries  []entryRef // by modality, then ordinal
	pictures []digest   // one for each picture, in order, and the clip's
}

// entryRef names an entry of an item.
type entryRef struct {
	modality engine.Modality
	key      uint64
}

// itemBody is what a user gave, in the JSON that follows the header.
type itemBody struct {
	Texts      map[string]string       `json:"texts,omitempty"`
	Images     []engine.Image          `json:"images,omitempty"`
	Video      *engine.Video           `json:"video,omitempty"`
	Attributes map[string]any          `json:"attributes,omitempty"`
	OwnVectors map[engine.Modality]int `json:"own_vectors,omitempty"`
}

func encodeBody(item engine.Item) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(itemBody{
		Texts: item.Texts, Images: item.Images, Video: item.Video, Attributes: item.Attributes, OwnVectors: item.OwnVectors,
	})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// encodeItem returns the sealed record of an item.
func encodeItem(h itemHeader, body []byte) []byte {
	b := newSealed(32 + 10*len(h.entries) + len(digest{})*len(h.pictures) + len(body))
	b = binary.AppendUvarint(b, h.revision)
	b = binary.AppendVarint(b, h.created.UnixNano())
	b = binary.AppendVarint(b, h.updated.UnixNano())
	b = binary.AppendUvarint(b, uint64(len(h.entries)))
	for _, e := range h.entries {
		code, _ := modalityCode(e.modality)
		b = binary.AppendUvarint(append(b, code), e.key)
	}
	b = binary.AppendUvarint(b, uint64(len(h.pictures)))
	for _, d := range h.pictures {
		b = append(b, d[:]...)
	}
	return seal(itemVersion, append(b, body...))
}

// decodeHeader returns the header of an item record, and the JSON that follows it, which aliases value.
func decodeHeader(value []byte) (itemHeader, []byte, error) {
	payload, err := unseal("an item", itemVersion, value)
	if err != nil {
		return itemHeader{}, nil, err
	}
	f := fields{rest: payload}
	h := itemHeader{revision: f.uvarint(), created: f.time(), updated: f.time()}
	for range f.count(2) {
		m, ok := modalityOf(f.byte())
		if !ok {
			f.failed = true
			break
		}
		h.entries = append(h.entries, entryRef{modality: m, key: f.uvarint()})
	}
	for range f.count(len(digest{})) {
		h.pictures = append(h.pictures, digest(f.bytes(len(digest{}))))
	}
	if f.failed {
		return itemHeader{}, nil, damagedf("the header of an item is malformed")
	}
	return h, f.rest, nil
}

// decodeItem returns the item of a record. Numbers come back as the json.Number that they were.
func decodeItem(id string, value []byte) (engine.Item, itemHeader, error) {
	h, text, err := decodeHeader(value)
	if err != nil {
		return engine.Item{}, itemHeader{}, err
	}
	var body itemBody
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		return engine.Item{}, itemHeader{}, damagedf("item %q: %w", id, err)
	}
	return engine.Item{
		ID: id, Texts: body.Texts, Images: body.Images, Video: body.Video, Attributes: body.Attributes, OwnVectors: body.OwnVectors,
		Revision: h.revision, Created: h.created, Updated: h.updated,
	}, h, nil
}

// entryRecord is one vector with the item that it belongs to. It aliases the value that it was decoded from.
type entryRecord struct {
	id      []byte
	ordinal int
	vector  []byte // float32, little endian
}

// encodeEntry returns the sealed record of an entry.
func encodeEntry(id string, e engine.Entry) []byte {
	b := newSealed(2*binary.MaxVarintLen32 + len(id) + 4*len(e.Vector))
	b = binary.AppendUvarint(b, uint64(e.Ordinal))
	b = binary.AppendUvarint(b, uint64(len(id)))
	b = append(b, id...)
	for _, x := range e.Vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return seal(entryVersion, b)
}

// decodeEntry parses an entry record whose vector has dimension numbers.
func decodeEntry(value []byte, dimension int) (entryRecord, error) {
	payload, err := unseal("an entry", entryVersion, value)
	if err != nil {
		return entryRecord{}, err
	}
	return parseEntry(payload, dimension)
}

// parseEntry is decodeEntry for a payload whose seal has been checked.
func parseEntry(payload []byte, dimension int) (entryRecord, error) {
	f := fields{rest: payload}
	ordinal := f.uvarint()
	id := f.bytes(f.count(1))
	if f.failed || ordinal > math.MaxInt32 || len(f.rest) != 4*dimension {
		return entryRecord{}, damagedf("an entry is malformed")
	}
	return entryRecord{id: id, ordinal: int(ordinal), vector: f.rest}, nil
}

// floats copies the vector out of the record.
func (e entryRecord) floats() []float32 {
	v := make([]float32, len(e.vector)/4)
	e.copyTo(v)
	return v
}

// littleEndian tells whether this machine keeps numbers as records do.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// copyTo copies the vector into v, [dimension].
func (e entryRecord) copyTo(v []float32) {
	if len(v) == 0 {
		return
	}
	if littleEndian { // one copy, and not a loop that converts every number to itself
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v)), e.vector)
		return
	}
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(e.vector[4*i:]))
	}
}

// fields reads a payload from the front. After the first field that is not there, failed is set and all reads are zero.
type fields struct {
	rest   []byte
	failed bool
}

func (f *fields) bytes(n int) []byte {
	if f.failed || n > len(f.rest) {
		f.failed = true
		return make([]byte, n) // n is a constant or came from count
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

func (f *fields) byte() byte { return f.bytes(1)[0] }

func (f *fields) uvarint() uint64 {
	n, size := binary.Uvarint(f.rest)
	if f.failed || size <= 0 {
		f.failed = true
		return 0
	}
	f.rest = f.rest[size:]
	return n
}

func (f *fields) time() time.Time {
	n, size := binary.Varint(f.rest)
	if f.failed || size <= 0 {
		f.failed = true
		return time.Time{}
	}
	f.rest = f.rest[size:]
	return time.Unix(0, n).UTC()
}

// count reads a number of things that each take at least size bytes of what is left, so a damaged count cannot make the
// caller allocate or loop beyond the record's true length.
func (f *fields) count(size int) int {
	n := f.uvarint()
	if n > uint64(len(f.rest)/size) {
		f.failed = true
		return 0
	}
	return int(n)
}
