package embedded

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// maxNormError is how far the squared length of a vector may be from 1: the length by a hundredth, of which encoders that
// calculate in half precision need a tenth. Quantized indexes have a limit of their own, and add up in float32 and in
// another order, so theirs must be wider by more than rounding can make of it: a vector between the two would be stored
// and no search would find it.
const maxNormError = 0.02

// prepared is a record that has passed all checks that need no transaction, in the form in which it is stored. It shares
// nothing with the caller's vectors and maps that the writer would read after the caller has left.
type prepared struct {
	item       engine.Item
	body       []byte
	entries    []preparedEntry   // by modality, then ordinal
	pictures   []digest          // one for each picture of the item, and the clip's
	inline     map[digest][]byte // sealed bytes of pictures that the transaction may have to store
	files      map[digest]bool   // pictures that are pinned files
	ifRevision uint64
}

type preparedEntry struct {
	modality engine.Modality
	ordinal  int
	vector   []float32
	value    []byte // sealed record
}

// size is about what the record adds to a transaction, in bytes.
func (p *prepared) size() int {
	n := len(p.body) + len(p.item.ID)
	for _, e := range p.entries {
		n += len(e.value)
	}
	for _, value := range p.inline {
		n += len(value)
	}
	return n
}

// prepare checks a write against the collection's dimension and encodes it. It returns CodeInvalid or CodeDimension.
func prepare(w engine.Write, dimension int) (*prepared, error) {
	item := w.Record.Item
	if err := checkID(item.ID); err != nil {
		return nil, err
	}
	if err := checkTexts(item); err != nil {
		return nil, err
	}
	p := &prepared{
		item: item, ifRevision: w.IfRevision, inline: make(map[digest][]byte), files: make(map[digest]bool),
	}
	for _, hash := range hashes(item) {
		d, ok := parseDigest(hash)
		if !ok {
			return nil, engine.Errorf(engine.CodeInvalid, "%q is not a SHA-256 in lower-case hexadecimal", hash)
		}
		p.pictures = append(p.pictures, d)
	}
	for _, e := range w.Record.Entries {
		entry, err := prepareEntry(item.ID, e, dimension)
		if err != nil {
			return nil, err
		}
		p.entries = append(p.entries, entry)
	}
	if err := sortEntries(p.entries); err != nil {
		return nil, err
	}
	body, err := encodeBody(item)
	if err != nil {
		return nil, engine.Errorf(engine.CodeInvalid, "item %q cannot be written as JSON: %w", item.ID, err)
	}
	p.body = body
	return p, nil
}

// hashes returns those of an item's pictures and of its clip.
func hashes(item engine.Item) []string {
	var out []string
	for _, image := range item.Images {
		out = append(out, image.SHA256)
	}
	if item.Video != nil {
		out = append(out, item.Video.SHA256)
	}
	return out
}

func checkID(id string) error {
	switch {
	case id == "":
		return engine.Errorf(engine.CodeInvalid, "an item needs an id")
	case len(id) > bolt.MaxKeySize:
		return engine.Errorf(engine.CodeInvalid, "an id has %d bytes, more than %d", len(id), bolt.MaxKeySize)
	case !utf8.ValidString(id):
		return engine.Errorf(engine.CodeInvalid, "the id %q is not valid UTF-8", id)
	}
	return nil
}

// checkTexts refuses what JSON would silently alter.
func checkTexts(item engine.Item) error {
	for name, text := range item.Texts {
		if !utf8.ValidString(name) || !utf8.ValidString(text) {
			return engine.Errorf(engine.CodeInvalid, "the text %q of item %q is not valid UTF-8", name, item.ID)
		}
	}
	for name, value := range item.Attributes {
		if !utf8.ValidString(name) || !validAttribute(value) {
			return engine.Errorf(engine.CodeInvalid, "the attribute %q of item %q is not valid UTF-8", name, item.ID)
		}
	}
	return nil
}

func validAttribute(value any) bool {
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !validAttribute(x) })
	case []string:
		return !slices.ContainsFunc(v, func(x string) bool { return !utf8.ValidString(x) })
	}
	return true
}

func prepareEntry(id string, e engine.Entry, dimension int) (preparedEntry, error) {
	if _, ok := modalityCode(e.Modality); !ok {
		return preparedEntry{}, errModality(e.Modality)
	}
	if e.Ordinal < 0 || e.Ordinal > math.MaxInt32 {
		return preparedEntry{}, engine.Errorf(engine.CodeInvalid, "item %q: entry %d is out of range", id, e.Ordinal)
	}
	if err := checkVector(e.Vector, dimension); err != nil {
		return preparedEntry{}, err
	}
	if n := squaredNorm(e.Vector); math.Abs(n-1) > maxNormError {
		return preparedEntry{}, engine.Errorf(engine.CodeInvalid,
			"item %q: the %s vector %d has length %.3f, not 1", id, e.Modality, e.Ordinal, math.Sqrt(n))
	}
	return preparedEntry{
		modality: e.Modality, ordinal: e.Ordinal, vector: slices.Clone(e.Vector), value: encodeEntry(id, e),
	}, nil
}

func errModality(m engine.Modality) error {
	return engine.Errorf(engine.CodeInvalid, "there is no modality %q", m)
}

// checkVector returns CodeDimension, or CodeInvalid for NaN and infinity.
func checkVector(v []float32, dimension int) error {
	if len(v) != dimension {
		return engine.Errorf(engine.CodeDimension, "a vector has %d numbers where the collection has %d", len(v), dimension)
	}
	if n := squaredNorm(v); math.IsNaN(n) || math.IsInf(n, 0) {
		return engine.Errorf(engine.CodeInvalid, "a vector holds NaN or infinity")
	}
	return nil
}

// squaredNorm is NaN or infinite exactly when a number of v is: float64 cannot overflow on squares of float32.
func squaredNorm(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}

// sortEntries orders by modality as engine.Modalities does, then ordinal, and refuses two entries in one place.
func sortEntries(entries []preparedEntry) error {
	byPlace := func(a, b preparedEntry) int {
		ca, _ := modalityCode(a.modality)
		cb, _ := modalityCode(b.modality)
		return cmp.Or(cmp.Compare(ca, cb), cmp.Compare(a.ordinal, b.ordinal))
	}
	slices.SortFunc(entries, byPlace)
	for i := 1; i < len(entries); i++ {
		if byPlace(entries[i-1], entries[i]) == 0 {
			return engine.Errorf(engine.CodeInvalid, "two %s entries have the number %d", entries[i].modality, entries[i].ordinal)
		}
	}
	return nil
}

// blobsByDigest checks that the bytes of pictures have the hashes that they came under. Each blob has its own error, so
// that it spoils only the records that name it.
func blobsByDigest(blobs []engine.Blob, named []digest) (map[digest][]byte, error) {
	if len(blobs) == 0 {
		return nil, nil
	}
	data := make(map[digest][]byte, len(blobs))
	for _, blob := range blobs {
		d, ok := parseDigest(blob.SHA256)
		if !ok || !slices.Contains(named, d) {
			continue // named by no image of the record: nobody could ever ask for it
		}
		if sum := sha256.Sum256(blob.Data); sum != d {
			return nil, engine.Errorf(engine.CodeInvalid, "a picture came as %s but has the hash %s", d, hex.EncodeToString(sum[:]))
		}
		data[d] = blob.Data
	}
	return data, nil
}
