package distance

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

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
			norm, _ := exactDot(v, v)
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
