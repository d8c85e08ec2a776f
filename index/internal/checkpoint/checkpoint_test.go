package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

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
	} {
		t.Run(c.name, func(t *testing.T) {
			err := ReadEmpty(bytes.NewReader(c.in), Flat, 4)
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
			b.WriteByte(byte(Nodes))
			require.NoError(t, binary.Write(&b, binary.LittleEndian, size))
			b.Write(make([]byte, 1000))

			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err = ReadEmpty(&b, Flat, 4)
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, index.ErrDamaged)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*step))
		})
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	w, err := NewWriter(&b, HNSW, 4)
	require.NoError(f, err)
	require.NoError(f, w.Section(Nodes, []byte("some nodes")))
	require.NoError(f, w.Section(End, nil))
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:headerSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), HNSW, 4)
		for read := 0; err == nil; {
			var payload []byte
			if _, payload, err = r.Next(); err == nil {
				if read += len(payload) + 9; read > len(data) {
					t.Fatalf("%d bytes from %d", read, len(data))
				}
			}
		}
		if !errors.Is(err, index.ErrDamaged) && !errors.Is(err, index.ErrVersion) && !errors.Is(err, index.ErrMismatch) {
			t.Fatal(err)
		}
	})
}
