package demo

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// shop draws the products once for all tests.
var shop = sync.OnceValues(Products)

func TestProductsFillAShop(t *testing.T) {
	products, err := shop()
	require.NoError(t, err)
	require.InDelta(t, 150, len(products), 10)

	ids, pictures, types := map[string]bool{}, map[[32]byte]string{}, map[any]bool{}
	for _, p := range products {
		require.False(t, ids[p.ID], "id %s twice", p.ID)
		ids[p.ID] = true

		sum := sha256.Sum256(p.JPEG)
		require.Empty(t, pictures[sum], "%s has the picture of another product", p.ID)
		pictures[sum] = p.ID
		types[p.Attributes["type"]] = true
	}
	require.Len(t, types, len(kinds), "a kind is described but not sold")
}

func TestProductsAreDescribedInBothLanguages(t *testing.T) {
	products, err := shop()
	require.NoError(t, err)
	for _, p := range products {
		require.Len(t, p.Titles, 2, p.ID)
		require.True(t, isASCII(p.Titles["title"]), p.Titles["title"])
		require.True(t, strings.ContainsFunc(p.Titles["title_zh"], isHan), p.Titles["title_zh"])
		require.NotContains(t, p.Titles["title"], "  ", p.ID)

		require.Contains(t, strings.ToLower(p.Titles["title"]), p.Attributes["colour"], p.ID)
		require.Greater(t, p.Attributes["price"], 1.0, p.ID)
		for _, name := range []string{"type", "category", "gender"} {
			require.NotEmpty(t, p.Attributes[name], "%s: %s", p.ID, name)
		}
	}
}

func TestTitles(t *testing.T) {
	for _, tc := range []struct {
		name   string
		draft  draft
		en, zh string
	}{
		{"with a style", draft{rail: rail{"dress", "women", "floral", nil}, colour: "red"},
			"Women Red Floral Print Dress", "女士红色印花连衣裙"},
		{"plain", draft{rail: rail{"tie", "men", "", nil}, colour: "navy blue"}, "Men Navy Blue Tie", "男士藏青色领带"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.en, tc.draft.title())
			require.Equal(t, tc.zh, tc.draft.titleZh())
		})
	}
}

func TestProductsAreTheSameEachTime(t *testing.T) {
	first, err := shop()
	require.NoError(t, err)
	second, err := Products()
	require.NoError(t, err)
	require.Equal(t, first, second)
}

// A picture is a product on white: ink in its middle, and white corners.
func TestPictures(t *testing.T) {
	products, err := shop()
	require.NoError(t, err)
	for _, p := range products {
		img, err := jpeg.Decode(bytes.NewReader(p.JPEG))
		require.NoError(t, err, p.ID)
		require.Equal(t, image.Rect(0, 0, width, height), img.Bounds(), p.ID)
		ink := inked(img)
		require.Greater(t, ink, 0.05, "%s is almost blank", p.ID)
		require.Less(t, ink, 0.6, "%s leaves no ground", p.ID)
		require.Greater(t, grey(img, 0, 120), uint8(245), "%s touches the left edge", p.ID)
	}
}

// inked is the share of pixels that differ from the white ground.
func inked(img image.Image) float64 {
	n := 0
	for y := range height {
		for x := range width {
			if grey(img, x, y) < 225 {
				n++
			}
		}
	}
	return float64(n) / (width * height)
}

func grey(img image.Image, x, y int) uint8 {
	return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y
}

// The table refers to kinds, colours, styles and genders by name.
func TestAssortmentNamesWhatExists(t *testing.T) {
	for _, r := range assortment {
		require.Contains(t, kinds, r.kind)
		require.Contains(t, styles, r.style, r.kind)
		require.Contains(t, genders, r.gender, r.kind)
		for _, name := range r.colours {
			require.Contains(t, colours, name, r.kind)
		}
	}
}

func isASCII(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func BenchmarkProducts(b *testing.B) {
	for b.Loop() {
		if _, err := Products(); err != nil {
			b.Fatal(err)
		}
	}
}
