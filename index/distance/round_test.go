package distance

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoundInt8(t *testing.T) {
	cases := []struct {
		name  string
		x     float32
		scale float32
		want  int8
		lost  float64
	}{
		{"zero", 0, 1, 0, 0},
		{"whole", -3, 1, -3, 0},
		{"scaled", 0.5, 8, 4, 0},
		{"tie to even, down", 2.5, 1, 2, 0.25},
		{"tie to even, up", 3.5, 1, 4, 0.25},
		{"tie to even, negative", -2.5, 1, -2, 0.25},
		{"largest", 127.25, 1, 127, 0.0625},
		{"too large", 130, 1, 127, 9},
		{"too small", -1000, 1, -127, 873 * 873},
	}
	onEveryPath(t, func(t *testing.T, p path) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				in, codes := make([]float32, 67), make([]int8, 67) // two steps of the kernel, and three left over
				for i := range in {
					in[i] = c.x
				}
				lost := roundInt8(p, codes, in, c.scale)
				for i := range codes {
					require.Equal(t, c.want, codes[i], "element %d", i)
				}
				require.InEpsilon(t, 1+67*c.lost, 1+lost, 1e-5)
			})
		}
	})
}

func FuzzRoundInt8(f *testing.F) {
	f.Add(uint64(1), uint16(100), float32(3))
	f.Add(uint64(2), uint16(32), float32(1e-20))
	f.Add(uint64(3), uint16(0), float32(1))
	f.Fuzz(func(t *testing.T, seed uint64, length uint16, scale float32) {
		n := int(length) % 300
		if !(math.Abs(float64(scale)) < 1e15) {
			t.Skip("products must be finite, and their squares")
		}
		random := rand.New(rand.NewPCG(seed, 1))
		v := make([]float32, n)
		var most float64
		for i := range v {
			v[i] = float32(random.NormFloat64() * 40)
			most = max(most, math.Abs(float64(v[i])))
		}
		want := make([]int8, n)
		lost := roundInt8Go(want, v, scale)
		onEveryPath(t, func(t *testing.T, p path) {
			codes := make([]int8, n+1)
			codes[n] = 77
			require.InEpsilon(t, 1+lost, 1+roundInt8(p, codes[:n], v, scale), 1e-4)
			require.Equal(t, want, codes[:n])
			require.EqualValues(t, 77, codes[n], "written beyond the end")
			require.EqualValues(t, most, greatest(p, v))
		})
	})
}

func TestRoundInt8NeedsRoom(t *testing.T) {
	require.Panics(t, func() { RoundInt8(make([]int8, 3), make([]float32, 4), 1) })
}
