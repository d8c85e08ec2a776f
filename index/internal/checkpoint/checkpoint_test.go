package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

func TestKeysComeBack(t *testing.T) {
	for name, n := range map[string]uint64{"none": 0, "one": 1, "a full section": keysInSection, "more": keysInSection + 1} {
		t.Run(name, func(t *testing.T) {
			want := map[uint64]bool{}
			for key := range n {
				want[key*key+1<<40] = true
			}
			var b bytes.Buffer
			require.NoError(t, WriteKeys(&b, Flat, 4, maps.Keys(want)))
			keys, err := ReadKeys(&b, Flat, 4)
			require.NoError(t, err)
			require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(slices.Values(keys)))
			require.Zero(t, b.Len())
		})
	}
}

func TestReaderRefuses(t *testing.T) {
	sections := func(kind Kind, parts ...any) []byte {
		var b bytes.Buffer
		w, err := NewWriter(&b, kind, 4)
		require.NoError(t, err)
		for i := 0; i < len(parts); i += 2 {
			require.NoError(t, w.Section(parts[i].(Section), parts[i+1].([]byte)))
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing", nil, index.ErrDamaged},
		{"another kind", sections(HNSW, End, []byte(nil)), index.ErrMismatch},
		{"no end", sections(Flat), index.ErrDamaged},
		{"an end with a payload", sections(Flat, End, []byte{1}), index.ErrDamaged},
		{"an unknown section", sections(Flat, Section(9), []byte(nil), End, []byte(nil)), index.ErrDamaged},
		{"half a key", sections(Flat, Keys, make([]byte, 12), End, []byte(nil)), index.ErrDamaged},
		{"a key twice", sections(Flat, Keys, make([]byte, 16), End, []byte(nil)), index.ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadKeys(bytes.NewReader(c.in), Flat, 4)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestLyingSizeCostsNoMemory(t *testing.T) {
	for name, size := range map[string]uint32{"at the limit": maxSection, "over it": 1<<32 - 1} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			_, err := NewWriter(&b, Flat, 4)
			require.NoError(t, err)
			b.WriteByte(byte(Keys))
			require.NoError(t, binary.Write(&b, binary.LittleEndian, size))
			b.Write(make([]byte, 1000))

			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = ReadKeys(&b, Flat, 4)
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, index.ErrDamaged)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*step))
		})
	}
}

func FuzzReadKeys(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, WriteKeys(&b, Flat, 4, maps.Keys(map[uint64]bool{1: true, 7: true})))
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:headerSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ReadKeys(bytes.NewReader(data), Flat, 4)
		switch {
		case err == nil:
			if 8*len(keys) > len(data) {
				t.Fatalf("%d keys from %d bytes", len(keys), len(data))
			}
		case !errors.Is(err, index.ErrDamaged) && !errors.Is(err, index.ErrVersion) && !errors.Is(err, index.ErrMismatch):
			t.Fatal(err)
		}
	})
}
