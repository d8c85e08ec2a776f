//go:build turbojpeg && cgo

package picture

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTurbo shows which pictures libjpeg-turbo decodes; what it makes of them is compared by the golden tests.
func TestTurbo(t *testing.T) {
	photo := goldenFile(t, "photo_80.jpg")
	for _, c := range []struct {
		name string
		data []byte
		ok   bool
	}{
		{"damaged", photo[:len(photo)-20], false},
		{"not a JPEG", goldenFile(t, "png_rgb.png"), false},
		{"CMYK", goldenFile(t, "jpeg_cmyk.jpg"), false},
		{"a photo", photo, true},
		{"progressive", goldenFile(t, "jpeg_progressive.jpg"), true},
		{"grey", goldenFile(t, "jpeg_grey.jpg"), true},
		{"RGB", goldenFile(t, "jpeg_rgb.jpg"), true},
		{"turned", goldenFile(t, "jpeg_orientation_6.jpg"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := Sniff(c.data, DefaultLimits())
			require.NoError(t, err)
			_, ok := decodeTurbo(c.data, h)
			require.Equal(t, c.ok, ok)
		})
	}
}
