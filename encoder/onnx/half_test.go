package onnx

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHalfRoundTrip takes every half there is to a float32 and back.
func TestHalfRoundTrip(t *testing.T) {
	for bits := range 1 << 16 {
		h := half(bits)
		x := h.float32()
		if x != x {
			require.NotZero(t, h&0x3ff, "%#x is a number", bits)
			require.Equal(t, half(0x7e00), toHalf(x)&0x7fff)
			continue
		}
		require.Equal(t, h, toHalf(x), "%#x is %v", bits, x)
	}
}

// TestToHalfIsNearest compares with the nearer of the two halves around a number, the even one in the middle.
func TestToHalfIsNearest(t *testing.T) {
	for bits := half(0); bits < 0x7bff; bits++ {
		low, high := float64(bits.float32()), float64((bits + 1).float32())
		middle := float32((low + high) / 2) // exact: it needs one bit more than a half has
		even := bits + bits&1
		require.Equal(t, even, toHalf(middle), "between %v and %v", low, high)
		require.Equal(t, bits, toHalf(math.Nextafter32(middle, 0)))
		require.Equal(t, bits+1, toHalf(math.Nextafter32(middle, math.MaxFloat32)))
		require.Equal(t, 0x8000|even, toHalf(-middle))
	}
}

func TestToHalfBeyondItsRange(t *testing.T) {
	const infinite = half(0x7c00)
	for _, c := range []struct {
		name string
		x    float32
		want half
	}{
		{"the largest half", 65504, 0x7bff},
		{"just below what rounds up", math.Nextafter32(65520, 0), 0x7bff},
		{"what rounds up", 65520, infinite},
		{"the largest float32", math.MaxFloat32, infinite},
		{"infinity", float32(math.Inf(1)), infinite},
		{"minus infinity", float32(math.Inf(-1)), infinite | 0x8000},
		{"half of the least half", 0x1p-25, 0},
		{"a little more than that", math.Nextafter32(0x1p-25, 1), 1},
		{"the least float32", math.SmallestNonzeroFloat32, 0},
		{"minus zero", float32(math.Copysign(0, -1)), 0x8000},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, toHalf(c.x)) })
	}
}

func BenchmarkHalves(b *testing.B) {
	pixels := noise(1, 3*224*224)
	halves := make([]half, 0, len(pixels))
	b.Run("narrow", func(b *testing.B) {
		b.SetBytes(int64(4 * len(pixels)))
		for b.Loop() {
			halves = appendHalves(halves[:0], pixels)
		}
	})
	b.Run("widen", func(b *testing.B) {
		b.SetBytes(int64(4 * len(pixels)))
		for b.Loop() {
			widen(pixels, halves)
		}
	})
}
