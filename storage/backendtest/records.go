package backendtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"pinax/engine"
)

// Unit returns a random vector of length 1: [dimension].
func Unit(r *rand.Rand, dimension int) []float32 {
	v := make([]float32, dimension)
	var sum float64
	for i := range v {
		v[i] = float32(r.NormFloat64())
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// axis returns the unit vector along one dimension.
func axis(i int) []float32 {
	v := make([]float32, dimension)
	v[i] = 1
	return v
}

// between returns the unit vector at an angle, in radians, from one axis towards another.
func between(a, b int, angle float64) []float32 {
	v := make([]float32, dimension)
	v[a], v[b] = float32(math.Cos(angle)), float32(math.Sin(angle))
	return v
}

// Entries numbers vectors as the entries of one modality.
func Entries(m engine.Modality, vectors ...[]float32) []engine.Entry {
	entries := make([]engine.Entry, len(vectors))
	for i, v := range vectors {
		entries[i] = engine.Entry{Modality: m, Ordinal: i, Vector: v}
	}
	return entries
}

// item returns a record with pictures' vectors and nothing else.
func item(id string, vectors ...[]float32) engine.Record {
	return engine.Record{Item: engine.Item{ID: id}, Entries: Entries(engine.ModalityImage, vectors...)}
}

// Picture returns a blob of n random bytes and the image that describes it.
func Picture(r *rand.Rand, n int) (engine.Blob, engine.Image) {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	return engine.Blob{SHA256: hash, Data: data},
		engine.Image{SHA256: hash, Type: "image/png", Width: 60, Height: 80, Bytes: int64(n)}
}

// randomItems returns n records with one picture vector each.
func randomItems(r *rand.Rand, n int) []engine.Record {
	records := make([]engine.Record, n)
	for i := range records {
		records[i] = item(fmt.Sprintf("item-%05d", i), Unit(r, dimension))
	}
	return records
}

// Exact is what Nearest should return: the best entry of each item, by a look at every one.
func Exact(records []engine.Record, q engine.VectorQuery) []engine.Match {
	var matches []engine.Match
	for _, r := range records {
		if slices.Contains(q.Exclude, r.Item.ID) {
			continue
		}
		best, found := engine.Match{ID: r.Item.ID, Modality: q.Modality, Score: float32(math.Inf(-1))}, false
		for _, e := range r.Entries {
			if s := dot(e.Vector, q.Vector); e.Modality == q.Modality && s > best.Score {
				best.Ordinal, best.Score, found = e.Ordinal, s, true
			}
		}
		if found {
			matches = append(matches, best)
		}
	}
	slices.SortStableFunc(matches, func(a, b engine.Match) int { return cmp.Compare(b.Score, a.Score) })
	return matches[:min(q.Limit, len(matches))]
}

func dot(a, b []float32) float32 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return float32(sum)
}

func ids(matches []engine.Match) []string {
	list := make([]string, len(matches))
	for i, m := range matches {
		list[i] = m.ID
	}
	return list
}

// Near returns a vector of length 1 at about a cosine of 1/√(1+spread²) from a centre, as the members of a cluster lie.
func Near(r *rand.Rand, centre []float32, spread float64) []float32 {
	v := Unit(r, len(centre))
	var sum float64
	for i := range v {
		v[i] = centre[i] + float32(spread)*v[i]
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}
