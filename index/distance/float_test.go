package distance

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// exactDot returns the inner product in float64 and the sum of absolute products, which bounds the rounding error.
func exactDot(a, b []float32) (sum, magnitude float64) {
	for i, x := range a {
		p := float64(x) * float64(b[i])
		sum += p
		magnitude += math.Abs(p)
	}
	return sum, magnitude
}

// exactSquaredL2 is exactDot for distances: the error is relative to the operands too, whose difference rounds.
func exactSquaredL2(a, b []float32) (sum, magnitude float64) {
	for i, x := range a {
		d := float64(x) - float64(b[i])
		sum += d * d
		magnitude += d * d
	}
	return sum, magnitude
}

// floatFamily is one kind of score of float32 vectors.
type floatFamily struct {
	name  string
	one   func(p path, a, b []float32) float32
	rows  func(p path, query []float32, rows []uintptr, out []float32)
	exact func(a, b []float32) (sum, magnitude float64)
}

var floatFamilies = []floatFamily{
	{"Dot", dot, dotRows, exactDot},
	{"SquaredL2", squaredL2, squaredL2Rows, exactSquaredL2},
}

func TestFloatScoresAgreeWithFloat64(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(1, 2))
		for _, f := range floatFamilies {
			for _, n := range lengths {
				query := randomVector(random, n)
				vectors := vectorsOf(9, func() []float32 { return randomVector(random, n) })
				out := make([]float32, len(vectors))
				f.rows(p, query, table(t, random, vectors), out)
				for i, v := range vectors {
					want, magnitude := f.exact(query, v)
					require.InDelta(t, want, out[i], 1e-5*magnitude+1e-12, "%s of %d elements, row %d", f.name, n, i)
				}
			}
		}
	})
}

func TestFloatScoresHaveTheSameBitsInAnyCompany(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(3, 4))
		for _, f := range floatFamilies {
			for _, n := range lengths {
				query := randomVector(random, n)
				for _, count := range counts {
					vectors := vectorsOf(count, func() []float32 { return randomVector(random, n) })
					out := make([]float32, count)
					f.rows(p, query, table(t, random, vectors), out)
					for i, v := range vectors {
						one, turned := f.one(p, query, v), f.one(p, v, query)
						if math.Float32bits(one) != math.Float32bits(out[i]) || math.Float32bits(one) != math.Float32bits(turned) {
							t.Fatalf("%s of %d elements, row %d of %d: %g alone, %g turned round, %g together",
								f.name, n, i, count, one, turned, out[i])
						}
					}
				}
			}
		}
	})
}

// The checksums are those of every vector path of every machine; only Go's own code may round otherwise.
func TestFloatScoresHaveTheSameBitsOnEveryMachine(t *testing.T) {
	want := map[string]uint32{"Dot": 0xb9a85278, "SquaredL2": 0xf0a85614}
	onEveryPath(t, func(t *testing.T, p path) {
		if p == pathGo {
			return // it has no fused multiply-add of float32
		}
		for _, f := range floatFamilies {
			random := rand.New(rand.NewPCG(5, 6)) // whole numbers, scaled: math.Log would not have the same bits everywhere
			sums := crc32.NewIEEE()
			for n := range 300 {
				a, b := make([]float32, n), make([]float32, n)
				for i := range n {
					a[i] = float32(int32(random.Uint32())) * 0x1p-31
					b[i] = float32(int32(random.Uint32())) * 0x1p-31
				}
				require.NoError(t, binary.Write(sums, binary.LittleEndian, f.one(p, a, b)))
			}
			require.Equal(t, want[f.name], sums.Sum32(), f.name)
		}
	})
}

func TestFloatScoresPanicOnShortArguments(t *testing.T) {
	long, short := make([]float32, 16), make([]float32, 15)[:15:15]
	rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]float32{long, long})
	var out [4]float32
	for name, call := range map[string]func(){
		"Dot":           func() { Dot(long, short) },
		"DotRows":       func() { DotRows(long, rows, out[:1:1]) },
		"SquaredL2":     func() { SquaredL2(long, short) },
		"SquaredL2Rows": func() { SquaredL2Rows(long, rows, out[:1:1]) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, call) })
	}
}

func FuzzFloat32(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 8*33))
	f.Add([]byte{0, 0, 128, 63, 0, 0, 0, 64, 219, 15, 73, 64, 0, 0, 128, 191})
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := len(raw) / 8
		a, b := make([]float32, n), make([]float32, n)
		for i := range n {
			a[i], b[i] = float32At(raw, i), float32At(raw, n+i)
			if !(math.Abs(float64(a[i])) < 1e15) || !(math.Abs(float64(b[i])) < 1e15) {
				t.Skip("not finite, or sums may overflow float32")
			}
		}
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]float32{b, a, b, a, b, a, b})
		for _, family := range floatFamilies {
			want, magnitude := family.exact(a, b)
			// n roundings of relative size 2⁻²⁴ each, two more of each difference, and denormals that lose up to 2⁻¹⁴⁹.
			bound := magnitude*float64(n+3)*0x1p-23 + float64(n+1)*0x1p-148
			for _, p := range available() {
				one := family.one(p, a, b)
				if math.Abs(float64(one)-want) > bound {
					t.Fatalf("%s on %s: got %g, want %g ± %g", family.name, p, one, want, bound)
				}
				var out [7]float32
				family.rows(p, a, rows, out[:])
				for i := 0; i < len(out); i += 2 {
					if math.Float32bits(out[i]) != math.Float32bits(one) {
						t.Fatalf("%s on %s: one row %g, seven rows %v", family.name, p, one, out)
					}
				}
			}
		}
	})
}

func BenchmarkFloat32InCache(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{128, 256, 512} {
		query := randomVector(random, n)
		vectors := vectorsOf(32, func() []float32 { return randomVector(random, n) })
		rows := table(b, random, vectors)
		out := make([]float32, len(rows))
		for _, p := range available() {
			for _, f := range floatFamilies {
				b.Run(fmt.Sprintf("%s/one/%d/%s", f.name, n, p), func(b *testing.B) {
					for b.Loop() {
						f.one(p, query, vectors[0])
					}
				})
				b.Run(fmt.Sprintf("%s/rows/%d/%s", f.name, n, p), func(b *testing.B) {
					for b.Loop() {
						f.rows(p, query, rows, out)
					}
					perRow(b, len(rows))
				})
			}
		}
	}
}

// perRow reports the time of one row where an operation scores several.
func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}
