package pagecheck_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/storage/embedded/internal/pagecheck"
)

// build makes a database with everything that the check knows: deep and inline buckets, large values, free pages.
func build(t testing.TB, seed uint64, n int, freelist bool) []byte {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: !freelist, PageSize: 1024})
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 6 {
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			top, err := tx.CreateBucketIfNotExists([]byte("top"))
			require.NoError(t, err)
			small, err := top.CreateBucketIfNotExists([]byte("zz small"))
			require.NoError(t, err)
			require.NoError(t, small.Put([]byte("one"), []byte("two")))
			nested, err := top.CreateBucketIfNotExists([]byte("nested"))
			require.NoError(t, err)
			for range n {
				key := fmt.Appendf(nil, "key-%d", r.IntN(n*4))
				require.NoError(t, top.Put(key, make([]byte, r.IntN(5000))))
				require.NoError(t, nested.Put(key, key))
				require.NoError(t, nested.Delete(fmt.Appendf(nil, "key-%d", r.IntN(n*4))))
			}
			return nil
		}))
	}
	require.NoError(t, db.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestSoundFiles(t *testing.T) {
	for seed := range uint64(8) {
		for _, freelist := range []bool{true, false} {
			data := build(t, seed, 1<<seed, freelist)
			require.NoError(t, pagecheck.Check(bytes.NewReader(data)), "seed %d", seed)
		}
	}
}

// TestEmptyDatabase checks what bbolt makes of nothing.
func TestEmptyDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, pagecheck.Check(bytes.NewReader(data)))
}

func TestDamagedFiles(t *testing.T) {
	data := build(t, 1, 100, true)
	for name, bad := range map[string][]byte{
		"empty":      nil,
		"a text":     []byte(strings.Repeat("not a database ", 1000)),
		"one page":   data[:1024],
		"half":       data[:len(data)/2],
		"both metas": append(make([]byte, 2048), data[2048:]...),
	} {
		require.ErrorIs(t, pagecheck.Check(bytes.NewReader(bad)), pagecheck.ErrDamaged, name)
	}
	one := bytes.Clone(data)
	copy(one, make([]byte, 1024)) // bbolt can do with the other
	require.NoError(t, pagecheck.Check(bytes.NewReader(one)))
}

// TestEveryHeaderByte damages the header of every page: its number, kind, count and overflow.
func TestEveryHeaderByte(t *testing.T) {
	data := build(t, 2, 10, true)
	found, passed := 0, 0
	for page := 2; page < len(data)/1024; page++ {
		for i := range 16 {
			bad := bytes.Clone(data)
			bad[page*1024+i] ^= 0x41
			if pagecheck.Check(bytes.NewReader(bad)) != nil {
				found++
			} else {
				passed++ // a free page, or one that a value covers
			}
		}
	}
	require.Greater(t, found, 100)
	t.Logf("%d found, %d of pages that are not in use", found, passed)
}

// TestAcceptedFilesCanBeRead flips random bits: whatever the check accepts, bbolt must be able to walk, with the same keys
// in the same order.
func TestAcceptedFilesCanBeRead(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	data := build(t, 3, 30, true)
	accepted := 0
	for range 150 {
		bad := bytes.Clone(data)
		bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		if err := pagecheck.Check(bytes.NewReader(bad)); err != nil {
			require.ErrorIs(t, err, pagecheck.ErrDamaged)
			continue
		}
		accepted++
		path := filepath.Join(t.TempDir(), "db")
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, ReadOnly: true, PreLoadFreelist: true})
		require.NoError(t, err)
		require.NoError(t, db.View(func(tx *bolt.Tx) error {
			for err := range tx.Check() {
				if !strings.Contains(err.Error(), "unreachable unfreed") { // a page that is lost does no harm
					return err
				}
			}
			return nil
		}))
		require.NoError(t, db.Close())
	}
	require.Positive(t, accepted)
}

func FuzzCheck(f *testing.F) {
	f.Add(build(f, 4, 1, true), 3000, byte(1))
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		if at >= 0 && at < len(data) {
			data[at] ^= flip
		}
		if err := pagecheck.Check(bytes.NewReader(data)); err != nil {
			require.ErrorIs(t, err, pagecheck.ErrDamaged)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	data := build(b, 5, 5000, true)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		require.NoError(b, pagecheck.Check(bytes.NewReader(data)))
	}
}
