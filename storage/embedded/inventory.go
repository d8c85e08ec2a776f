package embedded

import (
	"bytes"
	"context"
	"maps"
	"runtime"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

// inventory is what reading all entries of a space told: which there are, and where they belong.
type inventory struct {
	keys   keySet
	places *places
	last   uint64 // the greatest key
}

func newInventory() inventory { return inventory{keys: keySet{}, places: newPlaces()} }

// take adds what was found in another range of keys.
func (v *inventory) take(other inventory) {
	maps.Copy(v.keys, other.keys)
	v.places.take(other.places)
	v.last = max(v.last, other.last)
}

// takeInventory reads the entries of a space and checks the sum of each, the key range divided among the cores, each in a
// transaction of its own.
func (s *Store) takeInventory(ctx context.Context, c *collection, m engine.Modality) (inventory, error) {
	var ranges []keyRange
	err := s.viewData(c, func(b *buckets) (err error) {
		ranges, err = keyRanges(b.entries[m])
		return err
	})
	if err != nil {
		return inventory{}, err
	}
	parts := make([]inventory, len(ranges))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range ranges {
		g.Go(func() error {
			return s.viewData(c, func(b *buckets) (err error) {
				parts[i], err = r.inventory(ctx, b.entries[m], c.dimension())
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		return inventory{}, err
	}
	all := newInventory()
	for _, part := range parts {
		all.take(part)
	}
	return all, nil
}

// keyRange are the keys from low up to but not including high; nil: from the first, up to the last.
type keyRange struct{ low, high []byte }

// rangeKeys is how many keys a range has at least; ranges share no page of a keySet.
const rangeKeys = 4 * keySetPage

// keyRanges divides the keys of a bucket, some ranges for each core since they may hold few entries or many.
func keyRanges(entries *bolt.Bucket) ([]keyRange, error) {
	first, _ := entries.Cursor().First()
	last, _ := entries.Cursor().Last()
	if first == nil {
		return nil, nil
	}
	if len(first) != 8 || len(last) != 8 {
		return nil, damagedf("the key of an entry is malformed")
	}
	low, high := numberOf(first)/rangeKeys, numberOf(last)/rangeKeys
	step := 1 + (high-low)/uint64(4*runtime.GOMAXPROCS(0))
	var ranges []keyRange
	next := keyRange{}
	for at := low + step; at > low && at <= high; at += step {
		next.high = number(at * rangeKeys)
		ranges = append(ranges, next)
		next = keyRange{low: next.high}
	}
	return append(ranges, next), nil
}

func (r keyRange) inventory(ctx context.Context, entries *bolt.Bucket, dimension int) (inventory, error) {
	found := newInventory()
	var ahead readAhead
	cursor := entries.Cursor()
	key, value := cursor.First()
	if r.low != nil {
		key, value = cursor.Seek(r.low)
	}
	for n := 1; key != nil && (r.high == nil || bytes.Compare(key, r.high) < 0); n++ {
		if len(key) != 8 {
			return found, damagedf("the key of an entry is malformed")
		}
		if n%ctxEvery == 1 {
			if err := ctx.Err(); err != nil {
				return found, err
			}
			ahead.at(value)
		}
		e, err := decodeEntry(value, dimension)
		if err != nil {
			return found, err
		}
		found.last = numberOf(key)
		found.keys.add(found.last)
		found.places.set(found.last, e.id, e.ordinal)
		key, value = cursor.Next()
	}
	return found, nil
}
