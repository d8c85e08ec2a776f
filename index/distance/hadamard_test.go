package distance

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// hadamardByDefinition sums n² signed elements in float64.
func hadamardByDefinition(v []float32) []float64 {
	out := make([]float64, len(v))
	for k := range out {
		for i, x := range v {
			if bits.OnesCount(uint(k&i))%2 == 1 {
				x = -x
			}
			out[k] += float64(x)
		}
		out[k] /= math.Sqrt(float64(len(v)))
	}
	return out
}

func TestHadamard(t *testing.T) {
	onEveryPath(t, func(t *testing.T, p path) {
		random := rand.New(rand.NewPCG(1, 2))
		for n := 1; n <= 4096; n *= 2 {
			v := randomVector(random, n)
			got := append([]float32(nil), v...)
			hadamard(p, got)
			if n <= 1024 { // the definition takes n²
				for i, want := range hadamardByDefinition(v) {
					require.InDelta(t, want, got[i], 1e-5, "element %d of %d", i, n)
				}
			}
			before, _ := exactDot(v, v)
			after, _ := exactDot(got, got)
			require.InEpsilon(t, before, after, 1e-5, "length of %d elements", n)

			portable := append([]float32(nil), v...)
			hadamardGo(portable)
			require.Equal(t, portable, got, "the Go code gives other bits for %d elements", n)

			hadamard(p, got)
			require.InDeltaSlice(t, v, got, 1e-5, "twice is not the identity for %d elements", n)
		}
	})
}

func TestHadamardPanicsUnlessPowerOfTwo(t *testing.T) {
	for _, n := range []int{0, 3, 5, 6, 63, 65, 96, 1000} {
		require.Panics(t, func() { Hadamard(make([]float32, n)) }, "%d elements", n)
	}
}

func FuzzHadamard(f *testing.F) {
	f.Add(uint8(8), uint64(1))
	f.Fuzz(func(t *testing.T, power uint8, seed uint64) {
		v := randomVector(rand.New(rand.NewPCG(seed, 1)), 1<<(power%10))
		want := hadamardByDefinition(v)
		for _, p := range available() {
			got := append([]float32(nil), v...)
			hadamard(p, got)
			for i := range want {
				if math.Abs(want[i]-float64(got[i])) > 1e-5 {
					t.Fatalf("%s: element %d of %d: got %g, want %g", p, i, len(v), got[i], want[i])
				}
			}
		}
	})
}

func BenchmarkHadamard(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{128, 256, 512, 1024} {
		v := randomVector(random, n)
		for _, p := range available() {
			b.Run(fmt.Sprintf("%d/%s", n, p), func(b *testing.B) {
				for b.Loop() {
					hadamard(p, v)
				}
			})
		}
	}
}
