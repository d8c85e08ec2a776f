package distance

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// kernels lists every implementation that this machine can run, so that the fallback is tested beside the assembly.
func kernels() map[string]struct {
	dot  func(a, b []float32) float32
	dot4 func(query, r0, r1, r2, r3 []float32, out *[4]float32)
} {
	type kernel = struct {
		dot  func(a, b []float32) float32
		dot4 func(query, r0, r1, r2, r3 []float32, out *[4]float32)
	}
	return map[string]kernel{"chosen": {Dot, Dot4}, "go": {dotGo, dot4Go}}
}

// exact returns the inner product in float64 and the sum of absolute products, which bounds the rounding error.
func exact(a, b []float32) (sum, magnitude float64) {
	for i, x := range a {
		p := float64(x) * float64(b[i])
		sum += p
		magnitude += math.Abs(p)
	}
	return sum, magnitude
}

func TestDotAgreesWithFloat64(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, k := range kernels() {
		for _, n := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 128, 256, 511, 768, 4096} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				query := randomVector(random, n)
				var rows [4][]float32
				for i := range rows {
					rows[i] = randomVector(random, n)
				}
				var got [4]float32
				k.dot4(query, rows[0], rows[1], rows[2], rows[3], &got)
				for i, row := range rows {
					want, magnitude := exact(query, row)
					one := k.dot(query, row)
					require.InDelta(t, want, one, 1e-5*magnitude+1e-12)
					require.Equal(t, math.Float32bits(one), math.Float32bits(got[i]), "row %d of four differs from one", i)
				}
			})
		}
	}
}

func TestDotIsSymmetric(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, k := range kernels() {
		t.Run(name, func(t *testing.T) {
			for range 100 {
				a, b := randomVector(random, 203), randomVector(random, 203)
				require.Equal(t, k.dot(a, b), k.dot(b, a))
			}
		})
	}
}

func TestDotReadsNothingBeyondTheEnd(t *testing.T) {
	nan := float32(math.NaN())
	for name, k := range kernels() {
		t.Run(name, func(t *testing.T) {
			for n := range 40 {
				a, b := make([]float32, n+32), make([]float32, n+32)
				for i := range a {
					a[i], b[i] = nan, nan
				}
				clear(a[8 : 8+n])
				clear(b[8 : 8+n])
				in, row := a[8:8+n], b[8:8+n]
				require.Zero(t, k.dot(in, row))
				var out [4]float32
				k.dot4(in, row, row, row, row, &out)
				require.Equal(t, [4]float32{}, out)
			}
		})
	}
}

func TestDotPanicsOnShortRow(t *testing.T) {
	long, short := make([]float32, 16), make([]float32, 15)[:15:15]
	var out [4]float32
	require.Panics(t, func() { Dot(long, short) })
	require.Panics(t, func() { Dot4(long, long, long, long, short, &out) })
}

func TestPrefetchTakesAnyLength(t *testing.T) {
	for n := range 70 {
		Prefetch(make([]float32, n))
	}
}

func TestNormalise(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name string
		in   []float32
		ok   bool
	}{
		{"empty", nil, false},
		{"zero", []float32{0, 0}, false},
		{"NaN", []float32{1, nan}, false},
		{"infinity", []float32{1, inf}, false},
		{"negative infinity", []float32{-inf, 0}, false},
		{"smallest denormal", []float32{math.SmallestNonzeroFloat32, 0}, true},
		{"largest", []float32{math.MaxFloat32, -math.MaxFloat32}, true},
		{"plain", []float32{3, 4}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := append([]float32(nil), c.in...)
			require.Equal(t, c.ok, Normalise(v))
			if !c.ok {
				require.Equal(t, len(c.in), len(v))
				for i := range v {
					require.Equal(t, math.Float32bits(c.in[i]), math.Float32bits(v[i]))
				}
				return
			}
			norm, _ := exact(v, v)
			require.InDelta(t, 1, norm, 1e-6)
		})
	}
}

func TestFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name string
		in   []float32
		want bool
	}{
		{"NaN", []float32{0, nan}, false},
		{"infinity", []float32{inf, 0}, false},
		{"negative infinity", []float32{0, -inf, 0}, false},
		{"both infinities", []float32{inf, -inf}, false},
		{"empty", nil, true},
		{"largest", []float32{math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32}, true},
		{"denormal and negative zero", []float32{math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1))}, true},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, Finite(c.in)) })
	}
}

func FuzzDot(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 8*33))
	f.Add([]byte{0, 0, 128, 63, 0, 0, 0, 64, 219, 15, 73, 64, 0, 0, 128, 191})
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := len(raw) / 8
		a, b := make([]float32, n), make([]float32, n)
		for i := range n {
			a[i] = float32At(raw, i)
			b[i] = float32At(raw, n+i)
			if math.Abs(float64(a[i])) > 1e15 || math.Abs(float64(b[i])) > 1e15 {
				t.Skip("sums may overflow float32")
			}
		}
		if !Finite(a) || !Finite(b) {
			t.Skip("not finite")
		}
		want, magnitude := exact(a, b)
		for name, k := range kernels() {
			got := k.dot(a, b)
			// n roundings of relative size 2^-24 each, and denormals that lose up to 2^-149 each.
			bound := magnitude*float64(n+1)*0x1p-23 + float64(n+1)*0x1p-148
			if math.Abs(float64(got)-want) > bound {
				t.Fatalf("%s: got %g, want %g ± %g", name, got, want, bound)
			}
			var four [4]float32
			k.dot4(a, b, a, b, a, &four)
			if math.Float32bits(four[0]) != math.Float32bits(got) || four[0] != four[2] || four[1] != four[3] {
				t.Fatalf("%s: one row %g, four rows %v", name, got, four)
			}
		}
	})
}

func float32At(raw []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
}

func randomVector(random *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(random.NormFloat64())
	}
	return v
}

func BenchmarkDot(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{128, 256, 512} {
		x, y := randomVector(random, n), randomVector(random, n)
		var out [4]float32
		var sink float32
		b.Run(fmt.Sprintf("go/%d", n), func(b *testing.B) {
			for b.Loop() {
				sink += dotGo(x, y)
			}
		})
		b.Run(fmt.Sprintf("one/%d", n), func(b *testing.B) {
			for b.Loop() {
				sink += Dot(x, y)
			}
		})
		b.Run(fmt.Sprintf("four/%d", n), func(b *testing.B) {
			for b.Loop() {
				Dot4(x, y, y, y, y, &out)
			}
		})
	}
}
