package distance

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// bitsByDefinition adds up the query's elements, read from the planes, where the row has a 1.
func bitsByDefinition(planes, row []uint64) (sum int64) {
	words := len(row)
	for j := range 64 * words {
		element := int64(0)
		for p := range BitPlanes {
			element |= int64(planes[p*words+j/64]>>(j%64)&1) << p
		}
		sum += element * int64(row[j/64]>>(j%64)&1)
	}
	return sum
}

func TestDotBits(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(1, 2))
		for _, words := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 24, 33, 64} {
			planes := randomWords(random, BitPlanes*words)
			for _, count := range append(counts, 63, 64, 65, 100) {
				vectors := vectorsOf(count, func() []uint64 { return randomWords(random, words) })
				out := make([]int32, count)
				dotBitsRows(p, planes, table(t, random, vectors), out)
				for i, row := range vectors {
					require.EqualValues(t, bitsByDefinition(planes, row), out[i], "%d words, row %d of %d", words, i, count)
				}
			}
		}
	})
}

func TestDotBitsOfAllOnes(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		const words = 1024
		planes := make([]uint64, BitPlanes*words)
		for i := range planes {
			planes[i] = math.MaxUint64
		}
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint64{planes[:words]})
		out := make([]int32, 1)
		dotBitsRows(p, planes, rows, out)
		require.EqualValues(t, 15*64*words, out[0])
	})
}

func TestDotBitsPanics(t *testing.T) {
	rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint64{{1, 2}, {3, 4}})
	for name, call := range map[string]func(){
		"negative words": func() { DotBitsRows(make([]uint64, 8), rows, -1, make([]int32, 2)) },
		"short planes":   func() { DotBitsRows(make([]uint64, 7), rows, 2, make([]int32, 2)) },
		"short out":      func() { DotBitsRows(make([]uint64, 8), rows, 2, make([]int32, 1)) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, call) })
	}
}

func FuzzDotBits(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 8*5*9))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all := make([]uint64, len(raw)/8)
		for i := range all {
			all[i] = binary.LittleEndian.Uint64(raw[8*i:])
		}
		words := len(all) / (BitPlanes + 1)
		planes, row := all[:BitPlanes*words], all[BitPlanes*words:(BitPlanes+1)*words]
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint64{row, row, row, row, row})
		want := int32(bitsByDefinition(planes, row))
		for _, p := range available() {
			var out [5]int32
			dotBitsRows(p, planes, rows, out[:])
			require.Equal(t, [5]int32{want, want, want, want, want}, out, p.String())
		}
	})
}

func randomWords(random *rand.Rand, n int) []uint64 {
	v := make([]uint64, n)
	for i := range v {
		v[i] = random.Uint64()
	}
	return v
}

func BenchmarkDotBitsInCache(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, dimension := range []int{256, 512, 1024} {
		words := dimension / 64
		planes := randomWords(random, BitPlanes*words)
		rows := table(b, random, vectorsOf(32, func() []uint64 { return randomWords(random, words) }))
		out := make([]int32, len(rows))
		for _, p := range available() {
			b.Run(fmt.Sprintf("%d/%s", dimension, p), func(b *testing.B) {
				for b.Loop() {
					dotBitsRows(p, planes, rows, out)
				}
				perRow(b, len(rows))
			})
		}
	}
}
