package distance

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestToFloat16Rounds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	cases := []struct {
		name string
		in   float32
		want uint16
	}{
		{"zero", 0, 0},
		{"negative zero", float32(math.Copysign(0, -1)), 0x8000},
		{"one", 1, 0x3C00},
		{"largest", 65504, 0x7BFF},
		{"largest that does not overflow", math.Nextafter32(65520, 0), 0x7BFF},
		{"half way to infinity", 65520, 0x7C00},
		{"largest float32, negative", -math.MaxFloat32, 0xFC00},
		{"infinity", inf, 0x7C00},
		{"negative infinity", -inf, 0xFC00},
		{"NaN", nan, 0x7E00},
		{"NaN without a bit that float16 has", math.Float32frombits(0x7F80_0001), 0x7E00},
		{"tie to even, down", 1 + 0x1p-11, 0x3C00},
		{"tie to even, up", 1 + 3*0x1p-11, 0x3C02},
		{"just above a tie", math.Nextafter32(1+0x1p-11, 2), 0x3C01},
		{"carry into the exponent", math.Nextafter32(2, 0), 0x4000},
		{"smallest normal", 0x1p-14, 0x0400},
		{"rounds up to the smallest normal", math.Nextafter32(0x1p-14, 0), 0x0400},
		{"largest subnormal", 1023 * 0x1p-24, 0x03FF},
		{"smallest subnormal", 0x1p-24, 0x0001},
		{"half of it: tie to zero", 0x1p-25, 0},
		{"just above", math.Nextafter32(0x1p-25, 1), 0x0001},
		{"tie between subnormals", 3 * 0x1p-25, 0x0002},
		{"smallest float32, negative", -math.SmallestNonzeroFloat32, 0x8000},
	}
	onEveryPath(t, func(t *testing.T, p path) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				in, out := make([]float32, 9), make([]uint16, 9) // eight in one step of the kernel, and one left over
				for i := range in {
					in[i] = c.in
				}
				toFloat16(p, out, in)
				for i := range out {
					require.Equal(t, c.want, out[i], "element %d: %#04x instead of %#04x", i, out[i], c.want)
				}
			})
		}
	})
}

// The reference finds the nearest by trying: the two neighbours among all float16, and the even one of equally near.
func TestToFloat16IsNearest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const n = 1 << 16
	in, out, back := make([]float32, n), make([]uint16, n), make([]float32, n)
	for i := range in {
		in[i] = math.Float32frombits(uint32(random.Uint64()))
		if i%2 == 0 { // half of them where float16 has values
			in[i] = float32(random.NormFloat64() * math.Exp2(float64(random.IntN(44)-26)))
		}
	}
	onEveryPath(t, func(t *testing.T, p path) {
		toFloat16(p, out, in)
		fromFloat16(p, back, out)
		for i, x := range in {
			if x != x {
				if back[i] == back[i] {
					t.Fatalf("%#08x lost its NaN", math.Float32bits(x))
				}
				continue
			}
			if math.Signbit(float64(x)) != math.Signbit(float64(back[i])) {
				t.Fatalf("%g became %g", x, back[i])
			}
			if math.Abs(float64(x)) >= 65520 {
				if !math.IsInf(float64(back[i]), 0) {
					t.Fatalf("%g became %g instead of infinity", x, back[i])
				}
				continue
			}
			off := math.Abs(float64(back[i]) - float64(x))
			for _, neighbour := range []uint16{out[i] - 1, out[i] + 1} {
				if neighbour&0x7FFF > 0x7C00 || neighbour>>15 != out[i]>>15 {
					continue
				}
				if other := math.Abs(halfValue(neighbour) - float64(x)); off > other || (off == other && out[i]%2 == 1) {
					t.Fatalf("%g became %g, and %g is nearer or as near and even", x, back[i], halfValue(neighbour))
				}
			}
		}
	})
}

// halfValue is the definition of binary16, with 2¹⁶ for infinity, which is where it lies for rounding.
func halfValue(h uint16) float64 {
	exponent, fraction := int(h>>10&0x1F), float64(h&0x3FF)
	value := math.Ldexp(1024+fraction, exponent-25)
	if exponent == 0 {
		value = math.Ldexp(fraction, -24)
	}
	if h>>15 == 1 {
		return -value
	}
	return value
}

func TestFromFloat16IsExactForAll(t *testing.T) {
	const n = 1 << 16
	in, out, back := make([]uint16, n), make([]float32, n), make([]uint16, n)
	for i := range in {
		in[i] = uint16(i)
	}
	onEveryPath(t, func(t *testing.T, p path) {
		fromFloat16(p, out, in)
		toFloat16(p, back, out)
		for i, h := range in {
			want, returned := halfValue(h), h
			switch {
			case h&0x7FFF > 0x7C00:
				want, returned = math.NaN(), h|quiet16
			case h&0x7FFF == 0x7C00:
				want = math.Inf(1 - 2*int(h>>15))
			}
			if got := float64(out[i]); got != want && (got == got || want == want) {
				t.Fatalf("%#04x is %g instead of %g", h, got, want)
			}
			if back[i] != returned {
				t.Fatalf("%#04x came back as %#04x instead of %#04x", h, back[i], returned)
			}
		}
	})
}

func TestConversionsTakeAnyLength(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	onEveryPath(t, func(t *testing.T, p path) {
		for _, n := range lengths {
			in := randomVector(random, n)
			half, back := make([]uint16, n+1), make([]float32, n+1)
			half[n], back[n] = 7, 7
			toFloat16(p, half[:n], in)
			fromFloat16(p, back[:n], half[:n])
			for i, x := range in {
				require.InEpsilon(t, x, back[i], 0x1p-10)
			}
			require.Equal(t, uint16(7), half[n], "written beyond the end")
			require.Equal(t, float32(7), back[n], "written beyond the end")
		}
	})
}

// f16Family scores rows of float16; wide is the family of float32 that it must equal.
type f16Family struct {
	name string
	one  func(p path, query []float32, row []uint16) float32
	rows func(p path, query []float32, rows []uintptr, out []float32)
	wide floatFamily
}

var f16Families = []f16Family{
	{"DotF16", dotF16, dotF16Rows, floatFamilies[0]},
	{"SquaredL2F16", squaredL2F16, squaredL2F16Rows, floatFamilies[1]},
}

func TestF16ScoresAreThoseOfFloat32(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(5, 6))
		for _, f := range f16Families {
			for _, n := range lengths {
				query := randomVector(random, n)
				for _, count := range counts {
					vectors := vectorsOf(count, func() []uint16 { return randomF16(random, n) })
					out := make([]float32, count)
					f.rows(p, query, table(t, random, vectors), out)
					for i, v := range vectors {
						wide := make([]float32, n)
						fromFloat16Go(wide, v)
						want := math.Float32bits(f.wide.one(p, query, wide))
						require.Equal(t, want, math.Float32bits(out[i]), "%s of %d elements, row %d of %d", f.name, n, i, count)
						require.Equal(t, want, math.Float32bits(f.one(p, query, v)), "%s of %d elements", f.name, n)
					}
				}
			}
		}
	})
}

func TestF16PanicsOnShortArguments(t *testing.T) {
	long, half, short := make([]float32, 16), make([]uint16, 16), make([]uint16, 15)[:15:15]
	rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint16{half, half})
	for name, call := range map[string]func(){
		"ToFloat16":        func() { ToFloat16(short, long) },
		"FromFloat16":      func() { FromFloat16(long[:15:15], half) },
		"DotF16":           func() { DotF16(long, short) },
		"DotF16Rows":       func() { DotF16Rows(long, rows, make([]float32, 1)) },
		"SquaredL2F16":     func() { SquaredL2F16(long, short) },
		"SquaredL2F16Rows": func() { SquaredL2F16Rows(long, rows, make([]float32, 1)) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, call) })
	}
}

func FuzzFloat16(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 6*33))
	f.Add([]byte{0, 0, 128, 63, 0, 0, 0, 64, 0, 60, 255, 123})
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := len(raw) / 6
		query, wide, row, back := make([]float32, n), make([]float32, n), make([]uint16, n), make([]uint16, n)
		for i := range n {
			query[i] = float32At(raw, i)
			row[i] = binary.LittleEndian.Uint16(raw[4*n+2*i:])
		}
		for _, p := range available() {
			fromFloat16(p, wide, row)
			toFloat16(p, back, wide)
			for i, h := range row {
				if want := h; back[i] != want && (h&0x7FFF <= 0x7C00 || back[i] != want|quiet16) {
					t.Fatalf("%s: %#04x came back as %#04x", p, h, back[i])
				}
			}
			narrow, portable := make([]uint16, n), make([]uint16, n)
			toFloat16(p, narrow, query)
			toFloat16Go(portable, query)
			require.Equal(t, portable, narrow, "%s rounds otherwise than Go", p)
		}
		for i := range n {
			if !(math.Abs(float64(query[i])) < 1e15) || row[i]&0x7FFF >= 0x7C00 {
				t.Skip("not finite, or sums may overflow float32")
			}
		}
		rows := table(t, rand.New(rand.NewPCG(1, 1)), [][]uint16{row, row, row, row, row})
		for _, family := range f16Families {
			want, magnitude := family.wide.exact(query, wide)
			bound := magnitude*float64(n+3)*0x1p-23 + float64(n+1)*0x1p-148
			for _, p := range available() {
				var out [5]float32
				family.rows(p, query, rows, out[:])
				for _, got := range out {
					if math.Abs(float64(got)-want) > bound {
						t.Fatalf("%s on %s: got %g, want %g ± %g", family.name, p, got, want, bound)
					}
				}
			}
		}
	})
}

func randomF16(random *rand.Rand, n int) []uint16 {
	v := make([]uint16, n)
	toFloat16Go(v, randomVector(random, n))
	return v
}

func BenchmarkFloat16InCache(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{256, 512} {
		query, half := randomVector(random, n), make([]uint16, n)
		rows := table(b, random, vectorsOf(32, func() []uint16 { return randomF16(random, n) }))
		out := make([]float32, len(rows))
		for _, p := range available() {
			b.Run(fmt.Sprintf("DotF16/rows/%d/%s", n, p), func(b *testing.B) {
				for b.Loop() {
					dotF16Rows(p, query, rows, out)
				}
				perRow(b, len(rows))
			})
			b.Run(fmt.Sprintf("ToFloat16/%d/%s", n, p), func(b *testing.B) {
				for b.Loop() {
					toFloat16(p, half, query)
				}
			})
		}
	}
}
