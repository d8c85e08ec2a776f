package distance

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// int8Family is one kind of score of int8 vectors, in 64 bits, which hold both the signed and the unsigned.
type int8Family struct {
	name  string
	one   func(p path, a, b []int8) int64
	rows  func(p path, query []int8, rows []uintptr) []int64
	exact func(a, b int64) int64
}

var int8Families = []int8Family{
	{
		name: "DotInt8",
		one:  func(p path, a, b []int8) int64 { return int64(dotInt8(p, a, b)) },
		rows: func(p path, query []int8, rows []uintptr) []int64 {
			return widened(rows, func(out []int32) { dotInt8Rows(p, query, rows, out) })
		},
		exact: func(a, b int64) int64 { return a * b },
	},
	{
		name: "SquaredL2Int8",
		one:  func(p path, a, b []int8) int64 { return int64(squaredL2Int8(p, a, b)) },
		rows: func(p path, query []int8, rows []uintptr) []int64 {
			return widened(rows, func(out []uint32) { squaredL2Int8Rows(p, query, rows, out) })
		},
		exact: func(a, b int64) int64 { return (a - b) * (a - b) },
	},
}

func widened[T int32 | uint32](rows []uintptr, score func(out []T)) []int64 {
	out := make([]T, len(rows))
	score(out)
	wide := make([]int64, len(rows))
	for i, x := range out {
		wide[i] = int64(x)
	}
	return wide
}

func (f int8Family) sum(a, b []int8) (sum int64) {
	for i, x := range a {
		sum += f.exact(int64(x), int64(b[i]))
	}
	return sum
}

func TestInt8ScoresAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	onEveryPath(t, func(t *testing.T, p path) {
		for _, f := range int8Families {
			for _, n := range lengths {
				query := randomInt8(random, n)
				for _, count := range counts {
					vectors := vectorsOf(count, func() []int8 { return randomInt8(random, n) })
					out := f.rows(p, query, table(t, random, vectors))
					for i, v := range vectors {
						want := f.sum(query, v)
						require.Equal(t, want, out[i], "%s of %d elements, row %d of %d", f.name, n, i, count)
						require.Equal(t, want, f.one(p, query, v), "%s of %d elements", f.name, n)
					}
				}
			}
		}
	})
}

// The largest sums there are: neither a multiplication nor a sum may saturate or overflow.
func TestInt8ScoresAtTheLimits(t *testing.T) {
	full := func(n int, x int8) []int8 {
		v := make([]int8, n)
		for i := range v {
			v[i] = x
		}
		return v
	}
	onEveryPath(t, func(t *testing.T, p path) {
		for _, f := range int8Families {
			for _, n := range []int{1, 31, 32, 63, 64, 256, 4095, MaxInt8Length - 1, MaxInt8Length} {
				for _, x := range []int8{-128, -127, -1, 1, 127} {
					for _, y := range []int8{-128, 127} {
						a, b := full(n, x), full(n, y)
						require.Equal(t, f.sum(a, b), f.one(p, a, b), "%s of %d times %d and %d", f.name, n, x, y)
					}
				}
			}
		}
	})
}

func TestInt8ScoresPanic(t *testing.T) {
	long, short, tooLong := make([]int8, 16), make([]int8, 15)[:15:15], make([]int8, MaxInt8Length+1)
	rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]int8{long, long})
	for name, call := range map[string]func(){
		"DotInt8, short":               func() { DotInt8(long, short) },
		"DotInt8, too long":            func() { DotInt8(tooLong, tooLong) },
		"DotInt8Rows, short out":       func() { DotInt8Rows(long, rows, make([]int32, 1)) },
		"DotInt8Rows, too long":        func() { DotInt8Rows(tooLong, nil, nil) },
		"SquaredL2Int8, short":         func() { SquaredL2Int8(long, short) },
		"SquaredL2Int8, too long":      func() { SquaredL2Int8(tooLong, tooLong) },
		"SquaredL2Int8Rows, short out": func() { SquaredL2Int8Rows(long, rows, make([]uint32, 1)) },
		"SquaredL2Int8Rows, too long":  func() { SquaredL2Int8Rows(tooLong, nil, nil) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, call) })
	}
}

func FuzzInt8(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{128, 128, 127, 127})
	f.Add(make([]byte, 2*97))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := min(len(raw)/2, MaxInt8Length)
		a, b := make([]int8, n), make([]int8, n)
		for i := range n {
			a[i], b[i] = int8(raw[i]), int8(raw[n+i])
		}
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]int8{b, a, b, a, b, a, b})
		for _, family := range int8Families {
			crossed, same := family.sum(a, b), family.sum(a, a)
			for _, p := range available() {
				require.Equal(t, crossed, family.one(p, a, b), "%s on %s", family.name, p)
				require.Equal(t, []int64{crossed, same, crossed, same, crossed, same, crossed}, family.rows(p, a, rows))
			}
		}
	})
}

func randomInt8(random *rand.Rand, n int) []int8 {
	v := make([]int8, n)
	for i := range v {
		v[i] = int8(random.IntN(256) - 128)
	}
	return v
}

func BenchmarkInt8InCache(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{128, 256, 512} {
		query := randomInt8(random, n)
		vectors := vectorsOf(32, func() []int8 { return randomInt8(random, n) })
		rows := table(b, random, vectors)
		signed, unsigned := make([]int32, len(rows)), make([]uint32, len(rows))
		for _, p := range available() {
			for name, call := range map[string]func(){
				"DotInt8/one":        func() { dotInt8(p, query, vectors[0]) },
				"DotInt8/rows":       func() { dotInt8Rows(p, query, rows, signed) },
				"SquaredL2Int8/rows": func() { squaredL2Int8Rows(p, query, rows, unsigned) },
			} {
				b.Run(fmt.Sprintf("%s/%d/%s", name, n, p), func(b *testing.B) {
					for b.Loop() {
						call()
					}
					perRow(b, len(rows))
				})
			}
		}
	}
}
