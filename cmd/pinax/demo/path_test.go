package demo

import (
	"image"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePathRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"an unknown command": "M10 10 A20 20",
		"a missing number":   "M10 10 L20",
		"a word":             "M10 ten",
		"a curve at once":    "L10 10",
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, func() { parsePath(data) }) })
	}
}

func TestParsePath(t *testing.T) {
	p := parsePath("M0 0 L30 0 Q30 30 0 30 Z M50 50 C50 60 60 60 60 50")
	require.Len(t, p, 2)
	require.Len(t, p[0].curves, 3)
	require.Equal(t, point{0, 0}, p[0].curves[2][2], "Z returns to the start")
	require.Equal(t, contour{point{50, 50}, []cubic{{{50, 60}, {60, 60}, {60, 50}}}}, p[1])
}

func TestHalfMirrorsInTheAxis(t *testing.T) {
	m := rasterise(half("M90 20 L50 20 L50 60 L90 60"))
	require.InDelta(t, 80*40, area(m), 1)
	require.Equal(t, m.at(51, 40), m.at(128, 40))
}

func TestShapesCoverTheirArea(t *testing.T) {
	for _, tc := range []struct {
		name string
		path path
		area float64
	}{
		{"circle", ellipse(90, 120, 30, 30), 2827},
		{"box", box(20, 30, 40, 50, 0), 2000},
		{"stroke", parsePath("M20 50 L120 50").stroke(4), 100*4 + 8}, // 8: two pointed ends
		{"pair", both("M10 10 L20 10 L20 20 L10 20 Z"), 200},
		{"beyond the picture", box(-50, -50, 70, 70, 0), 400},
		{"outside", box(300, 300, 10, 10, 0), 0},
	} {
		t.Run(tc.name, func(t *testing.T) { require.InDelta(t, tc.area, area(rasterise(tc.path)), 0.02*tc.area+1) })
	}
}

func TestBlurKeepsTheSumOfCover(t *testing.T) {
	m := rasterise(box(60, 60, 40, 30, 5))
	soft := m.blurred(4)
	require.Equal(t, m.Inset(-8), soft.Rectangle)
	require.InDelta(t, area(m), area(soft), 1)
	require.Less(t, soft.at(60, 75), m.at(60, 75))
}

func TestMaskAlgebra(t *testing.T) {
	m, n := rasterise(box(10, 10, 20, 20, 0)), rasterise(box(20, 10, 20, 20, 0))
	require.InDelta(t, 200, area(m.within(n)), 1)
	require.InDelta(t, 400, area(m.shifted(500, 0)), 1)
	require.Zero(t, mask{}.at(0, 0))
	require.Equal(t, image.Rectangle{}, mask{}.within(m).Rectangle)
}

func area(m mask) float64 {
	sum := 0.0
	for _, v := range m.cover {
		sum += float64(v)
	}
	return sum
}
