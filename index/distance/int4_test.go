package distance

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// int4ByDefinition is the inner product of the query with the elements that a row's bytes hold.
func int4ByDefinition(query []int8, row []uint8) (sum int64) {
	for i, q := range query {
		pair := row[i/Int4Block*(Int4Block/2)+i%(Int4Block/2)]
		if i%Int4Block < Int4Block/2 {
			sum += int64(q) * int64(pair&15)
		} else {
			sum += int64(q) * int64(pair>>4)
		}
	}
	return sum
}

func TestDotInt4(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(1, 2))
		for _, n := range []int{0, 128, 256, 384, 512, 640, 768, 1024, 4096} {
			query := randomInt8(random, n)
			for _, count := range counts {
				vectors := vectorsOf(count, func() []uint8 { return randomBytes(random, n/2) })
				out := make([]int32, count)
				dotInt4Rows(p, query, table(t, random, vectors), out)
				for i, row := range vectors {
					require.EqualValues(t, int4ByDefinition(query, row), out[i], "%d elements, row %d of %d", n, i, count)
				}
			}
		}
	})
}

// The largest sums there are: neither a multiplication nor a sum may saturate or overflow.
func TestDotInt4AtTheLimits(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		for _, n := range []int{Int4Block, MaxInt8Length} {
			for _, x := range []int8{-128, -127, -1, 127} {
				query, row := make([]int8, n), make([]uint8, n/2)
				for i := range query {
					query[i] = x
				}
				for i := range row {
					row[i] = 0xFF
				}
				rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint8{row, row, row, row, row})
				want, out := int32(15*n)*int32(x), make([]int32, len(rows))
				dotInt4Rows(p, query, rows, out)
				require.Equal(t, []int32{want, want, want, want, want}, out, "%d elements of %d", n, x)
			}
		}
	})
}

func TestDotInt4Panics(t *testing.T) {
	rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint8{make([]uint8, 64), make([]uint8, 64)})
	for name, call := range map[string]func(){
		"no whole block": func() { DotInt4Rows(make([]int8, 64), rows, make([]int32, 2)) },
		"too long":       func() { DotInt4Rows(make([]int8, MaxInt8Length+Int4Block), nil, nil) },
		"short out":      func() { DotInt4Rows(make([]int8, 128), rows, make([]int32, 1)) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, call) })
	}
}

func FuzzDotInt4(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 192))
	f.Add(randomBytes(rand.New(rand.NewPCG(1, 1)), 5*192))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := min(len(raw)/(Int4Block+Int4Block/2)*Int4Block, MaxInt8Length)
		query, row := make([]int8, n), raw[n:n+n/2]
		for i := range query {
			query[i] = int8(raw[i])
		}
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint8{row, row, row, row, row})
		want := int32(int4ByDefinition(query, row))
		for _, p := range available() {
			out := make([]int32, len(rows))
			dotInt4Rows(p, query, rows, out)
			require.Equal(t, []int32{want, want, want, want, want}, out, p.String())
		}
	})
}

func randomBytes(random *rand.Rand, n int) []byte {
	v := make([]byte, n)
	for i := range v {
		v[i] = byte(random.Uint32())
	}
	return v
}

func BenchmarkDotInt4InCache(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{128, 256, 512} {
		query := randomInt8(random, n)
		rows := table(b, random, vectorsOf(32, func() []uint8 { return randomBytes(random, n/2) }))
		out := make([]int32, len(rows))
		for _, p := range available() {
			b.Run(fmt.Sprintf("%d/%s", n, p), func(b *testing.B) {
				for b.Loop() {
					dotInt4Rows(p, query, rows, out)
				}
				perRow(b, len(rows))
			})
		}
	}
}
