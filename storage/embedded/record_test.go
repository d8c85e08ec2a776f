package embedded

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/index"
)

func sampleHeader() itemHeader {
	return itemHeader{
		revision: 3,
		created:  time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		updated:  time.Date(1969, 1, 2, 3, 4, 5, 6, time.UTC),
		entries:  []entryRef{{engine.ModalityImage, 7}, {engine.ModalityImage, 1 << 60}, {engine.ModalityText, 0}},
		pictures: []digest{{1, 2, 3}, {0xff}},
	}
}

func TestItemRecord(t *testing.T) {
	for name, h := range map[string]itemHeader{"full": sampleHeader(), "empty": {created: time.Unix(0, 0).UTC(), updated: time.Unix(0, 0).UTC()}} {
		t.Run(name, func(t *testing.T) {
			value := encodeItem(h, []byte(`{"texts":{"a":"b"}}`))
			got, body, err := decodeHeader(value)
			require.NoError(t, err)
			require.Equal(t, h, got)
			require.JSONEq(t, `{"texts":{"a":"b"}}`, string(body))
			for n := range value { // cut off anywhere, or with any byte changed, it is refused
				_, _, err := decodeHeader(value[:n])
				requireCode(t, engine.CodeDamaged, err)
				flipped := bytes.Clone(value)
				flipped[n] ^= 0x10
				_, _, err = decodeHeader(flipped)
				requireCode(t, engine.CodeDamaged, err)
			}
		})
	}
	_, _, err := decodeItem("x", encodeItem(sampleHeader(), []byte("{")))
	requireCode(t, engine.CodeDamaged, err)
}

func TestEntryRecord(t *testing.T) {
	e := engine.Entry{Modality: engine.ModalityText, Ordinal: 300, Vector: []float32{0.6, -0.8, 0}}
	value := encodeEntry("商品", e)
	got, err := decodeEntry(value, 3)
	require.NoError(t, err)
	require.Equal(t, "商品", string(got.id))
	require.Equal(t, 300, got.ordinal)
	require.Equal(t, e.Vector, got.floats())
	for _, dimension := range []int{0, 2, 4} {
		_, err := decodeEntry(value, dimension)
		requireCode(t, engine.CodeDamaged, err)
	}
}

// resealed lets a fuzzer reach behind the checksum.
func resealed(version byte, payload []byte) []byte {
	return seal(version, append(newSealed(len(payload)), payload...))
}

func FuzzDecodeItem(f *testing.F) {
	f.Add(encodeItem(sampleHeader(), []byte(`{"attributes":{"n":1e400}}`))[sealSize:])
	f.Add([]byte{1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, payload []byte) {
		item, h, err := decodeItem("id", resealed(itemVersion, payload))
		if err != nil {
			requireCode(t, engine.CodeDamaged, err)
			return
		}
		body, err := encodeBody(item)
		require.NoError(t, err)
		again, h2, err := decodeItem("id", encodeItem(h, body))
		require.NoError(t, err)
		require.Equal(t, h, h2)
		require.Equal(t, fmt.Sprint(item), fmt.Sprint(again))
	})
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(encodeEntry("id", engine.Entry{Ordinal: 1, Vector: []float32{1, 0}})[sealSize:], 2)
	f.Fuzz(func(t *testing.T, payload []byte, dimension int) {
		e, err := decodeEntry(resealed(entryVersion, payload), dimension)
		if err != nil {
			requireCode(t, engine.CodeDamaged, err)
			return
		}
		require.Len(t, e.floats(), dimension)
		value := encodeEntry(string(e.id), engine.Entry{Ordinal: e.ordinal, Vector: e.floats()})
		again, err := decodeEntry(value, dimension)
		require.NoError(t, err)
		require.Equal(t, e, again)
	})
}

func FuzzDecodeGraphHeader(f *testing.F) {
	f.Add(graphHeader{generation: 3, covered: 1 << 40, size: 100, chunks: 1, sum: 5}.encode()[sealSize:])
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := decodeGraphHeader(resealed(graphVersion, payload))
		if err != nil {
			requireCode(t, engine.CodeDamaged, err)
			return
		}
		again, err := decodeGraphHeader(h.encode())
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}

func TestParseDigest(t *testing.T) {
	good := strings.Repeat("0f", 32)
	d, ok := parseDigest(good)
	require.True(t, ok)
	require.Equal(t, good, d.String())
	for _, bad := range []string{"", "..", strings.ToUpper(good), good[1:], good + "0", strings.Repeat("../", 21) + "x", strings.Repeat("zz", 32)} {
		_, ok := parseDigest(bad)
		require.False(t, ok, bad)
	}
}

func TestPlaces(t *testing.T) {
	p := newPlaces()
	for key := range uint64(1000) {
		p.set(key, fmt.Append(nil, "item-", key/4), int(key%4))
	}
	p.set(5, []byte("moved"), 9)
	p.remove(6)
	p.remove(6)
	p.remove(1 << 50)
	require.Equal(t, 999, p.count())
	require.Equal(t, []place{
		{id: "item-0", ordinal: 3, used: true}, {id: "moved", ordinal: 9, used: true}, {}, {id: "item-249", ordinal: 3, used: true}, {}, {},
	}, p.of([]index.Neighbour{{Key: 3}, {Key: 5}, {Key: 6}, {Key: 999}, {Key: 1000}, {Key: 1 << 63}}))
	for key := range uint64(1000) {
		p.remove(key)
	}
	require.Empty(t, p.pages)
	require.Zero(t, p.count())
}

// TestPlacesUnderChange compares with a map, and looks that what was replaced takes no room for good.
func TestPlacesUnderChange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p, model := newPlaces(), map[uint64]place{}
	for range 20_000 {
		key := uint64(r.IntN(600))
		if r.IntN(3) == 0 {
			p.remove(key)
			delete(model, key)
			continue
		}
		id := strings.Repeat("x", r.IntN(300)) // also empty, and with a length of two bytes
		p.set(key, []byte(id), r.IntN(1000))
		model[key] = p.of([]index.Neighbour{{Key: key}})[0]
		require.Equal(t, id, model[key].id)
	}
	require.Equal(t, len(model), p.count())
	for key := range uint64(600) {
		require.Equal(t, model[key], p.of([]index.Neighbour{{Key: key}})[0])
	}
	for _, page := range p.pages {
		require.LessOrEqual(t, len(page.records), 2*placesPage*310)
	}
}

func TestKeySet(t *testing.T) {
	s := keySet{}
	keys := []uint64{0, 1, 63, 64, 4095, 4096, 1 << 40, 1<<64 - 1}
	for _, k := range keys {
		s.add(k)
	}
	require.Equal(t, keys, slices.Collect(s.ascending()))
	for _, k := range []uint64{1, 4096, 2, 1 << 41} {
		s.remove(k)
	}
	require.Equal(t, []uint64{0, 63, 64, 4095, 1 << 40, 1<<64 - 1}, slices.Collect(s.ascending()))
	for range s.ascending() {
		break
	}
}
