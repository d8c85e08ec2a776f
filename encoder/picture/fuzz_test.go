package picture

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzDecode(f *testing.F) {
	for _, c := range readGolden(f).Decode {
		if data := goldenFile(f, c.Source); len(data) < 2000 {
			f.Add(data)
		}
	}
	limits := Limits{Bytes: 1 << 16, Pixels: 1 << 18, Edge: 1 << 12}
	f.Fuzz(func(t *testing.T, data []byte) {
		sniffed, sniffErr := Sniff(data, limits)
		m, h, err := Decode(data, limits)
		if err != nil {
			requireSentinel(t, err)
			return
		}
		require.NoError(t, sniffErr)
		require.Equal(t, sniffed, h)
		require.Equal(t, [2]int{h.Width, h.Height}, [2]int{m.Width, m.Height})
		require.Len(t, m.Pix, 3*m.Width*m.Height)
	})
}

func FuzzOrientation(f *testing.F) {
	for _, name := range []string{
		"jpeg_orientation_6.jpg", "png_orientation_6.png", "webp_orientation_6.webp", "tiff_orientation_5.tif",
	} {
		f.Add(goldenFile(f, name))
	}
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found := []int{exifOrientation(data), jpegOrientation(data)}
		for _, format := range formats() {
			if format.match(data) {
				found = append(found, format.orientation(data))
			}
		}
		for _, o := range found {
			require.True(t, 1 <= o && o <= 8, "%d", o)
		}
	})
}

func TestExifOrientation(t *testing.T) {
	for _, c := range []struct {
		name string
		data string
		want int
	}{
		{"nothing", "", 1},
		{"another byte order mark", "IM*\x00\x08\x00\x00\x00", 1},
		{"little endian", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00", 6},
		{"big endian", "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00", 3},
		{"a long number", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00", 8},
		{"after another tag", "II*\x00\x08\x00\x00\x00\x02\x00\x00\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00" +
			"\x12\x01\x03\x00\x01\x00\x00\x00\x05\x00\x00\x00", 5},
		{"out of range", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00", 1},
		{"zero", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00", 1},
		{"two values", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x02\x00\x00\x00\x06\x00\x06\x00", 1},
		{"another type", "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x02\x00\x01\x00\x00\x00\x06\x00\x00\x00", 1},
		{"a directory behind the end", "II*\x00\xff\xff\xff\xff\x01\x00", 1},
		{"65,535 entries that are not there", "II*\x00\x08\x00\x00\x00\xff\xff\x00\x01\x03\x00", 1},
		{"a directory in the header", "II*\x00\x00\x00\x00\x00", 1},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, exifOrientation([]byte(c.data))) })
	}
}
