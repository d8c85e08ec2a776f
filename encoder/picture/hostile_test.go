package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"
)

func TestWhatIsNotAPicture(t *testing.T) {
	valid := goldenFile(t, "photo_80.jpg")
	png8 := goldenFile(t, "png_rgb.png")
	for _, c := range []struct {
		name   string
		data   []byte
		limits Limits
		want   error
		detail string
	}{
		{"no bytes", nil, Limits{}, ErrCorrupt, "no bytes"},
		{"one byte", []byte{0xff}, Limits{}, ErrFormat, "begins with ff"},
		{"text named .jpg", []byte("dear customer,\nthe picture follows\n"), Limits{}, ErrFormat, "text"},
		{"an error page", []byte("\n<!DOCTYPE html><title>404</title>"), Limits{}, ErrFormat, "HTML"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), Limits{}, ErrFormat, "SVG"},
		{"a ZIP archive", []byte("PK\x03\x04\x14\x00"), Limits{}, ErrFormat, "ZIP"},
		{"a PDF", []byte("%PDF-1.7\n"), Limits{}, ErrFormat, "PDF"},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"), Limits{}, ErrFormat, "HEIF"},
		{"JPEG XL", []byte("\xff\x0a\x00"), Limits{}, ErrFormat, "JPEG XL"},
		{"JPEG 2000", []byte("\x00\x00\x00\x0cjP  \r\n\x87\n"), Limits{}, ErrFormat, "JPEG 2000"},
		{"the start of a JPEG", []byte("\xff\xd8\xff"), Limits{}, ErrCorrupt, "ends early"},
		{"a JPEG of 12 bits", patched(valid, sofAt(valid)+4, 12), Limits{}, ErrFormat, "precision"},
		{"an arithmetic-coded JPEG", patched(valid, sofAt(valid)+1, 0xc9), Limits{}, ErrFormat, "unsupported"},
		{"a JPEG without pixels", patched(valid, sofAt(valid)+5, 0, 0, 0, 0), Limits{}, ErrCorrupt, "0×0"},
		{"a JPEG that says it is huge", patched(valid, sofAt(valid)+5, 0x17, 0x70, 0x17, 0x70), Limits{}, ErrCorrupt, "cannot be in"},
		{"a JPEG that says it is larger", patched(valid, sofAt(valid)+5, 0, 200, 0, 200), Limits{}, ErrCorrupt, ""},
		{"an unknown PNG depth", patched(png8, 24, 3), Limits{}, ErrFormat, "bit depth"},
		{"a PNG with a wrong checksum", patched(png8, 29, 1, 2, 3, 4), Limits{}, ErrCorrupt, "checksum"},
		{"bytes over the limit", valid, Limits{Bytes: 1000}, ErrTooLarge, "the limit is 1000"},
		{"pixels over the limit", valid, Limits{Pixels: 4799}, ErrTooLarge, "makes 4800 pixels, the limit is 4799"},
		{"an edge over the limit", valid, Limits{Edge: 79}, ErrTooLarge, "the limit along an edge is 79"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Sniff(c.data, c.limits)
			if err == nil {
				_, _, err = Decode(c.data, c.limits)
			} else {
				_, _, same := Decode(c.data, c.limits)
				require.EqualError(t, same, err.Error())
			}
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.detail)
		})
	}
}

// patched overwrites bytes; a PNG's header checksum is not repaired.
func patched(data []byte, at int, with ...byte) []byte {
	out := bytes.Clone(data)
	copy(out[at:], with)
	return out
}

// sofAt finds the frame header of a JPEG: marker, length (2), precision, height (2), width (2).
func sofAt(data []byte) int { return bytes.Index(data, []byte("\xff\xc0")) }

func TestHugeHeadersTakeNoMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"PNG of 50,000×50,000 pixels in a few kilobytes", pngFile(50_000, 50_000, make([]byte, 1<<20)), ErrTooLarge},
		{"PNG at the pixel limit with little data", pngFile(7000, 7000, make([]byte, 1<<20)), ErrCorrupt},
		{"BMP", patched(encoded(t, bmp.Encode), 18, 0x58, 0x1b, 0, 0, 0x58, 0x1b, 0, 0), ErrCorrupt},
		{"TIFF", tiffFile(7000, 7000, 1), ErrCorrupt},
		{"TIFF, deflate", tiffFile(7000, 7000, 8), ErrCorrupt},
		{"TIFF of 2³²−1 rows", tiffFile(1, 1<<32-1, 1), ErrTooLarge},
		{"GIF", patched(goldenFile(t, "gif.gif"), 6, 0xff, 0xff, 0xff, 0xff), ErrTooLarge},
		{"WebP", patched(goldenFile(t, "webp_lossy_alpha.webp"), 24, 0xff, 0x9c, 0, 0xff, 0x9c, 0), ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			taken := allocated(func() {
				_, _, err := Decode(c.data, DefaultLimits())
				require.ErrorIs(t, err, c.want)
			})
			require.Less(t, taken, uint64(1<<20))
		})
	}
}

func TestBombs(t *testing.T) {
	const zeros = 16 << 20 // what the bombs inflate to
	for _, c := range []struct {
		name string
		data []byte
		want error // nil: it decodes
	}{
		{"PNG with a huge compressed text",
			pngFile(4, 4, nil, pngChunk("zTXt", append([]byte("k\x00\x00"), deflated(zeros)...))), nil},
		{"PNG with a huge compressed international text",
			pngFile(4, 4, nil, pngChunk("iTXt", append([]byte("k\x00\x01\x00\x00\x00"), deflated(zeros)...))), nil},
		{"PNG with a huge colour profile",
			pngFile(4, 4, nil, pngChunk("iCCP", append([]byte("k\x00\x00"), deflated(zeros)...))), nil},
		{"PNG of few pixels and much data", pngFile(4, 4, make([]byte, zeros)), ErrCorrupt},
		{"GIF of 20,000 frames", gifOfFrames(t, 20_000), nil},
		{"JPEG of 20,000 scans", jpegOfScans(t, 20_000), ErrTooLarge},
		{"WebP with a frame outside of it", webpFrameAt(t, 200), ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			taken := allocated(func() {
				_, _, err := Decode(c.data, DefaultLimits())
				if c.want == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, c.want)
			})
			require.Less(t, taken, uint64(4<<20))
		})
	}
}

func TestTruncation(t *testing.T) {
	for _, c := range readGolden(t).Decode {
		t.Run(c.Source, func(t *testing.T) {
			data := goldenFile(t, c.Source)
			whole, _, err := Decode(data, DefaultLimits())
			require.NoError(t, err)
			step := max(1, len(data)/97)
			for n := 0; n < len(data); n += step {
				m, _, err := Decode(data[:n], DefaultLimits())
				if err == nil {
					// Nothing but trailing metadata was cut, or the orientation with it.
					require.Len(t, m.Pix, len(whole.Pix), "cut after %d of %d bytes", n, len(data))
					continue
				}
				requireSentinel(t, err)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	for _, c := range readGolden(t).Decode {
		data := goldenFile(t, c.Source)
		step := max(1, len(data)/61)
		for at := 0; at < len(data); at += step {
			for _, v := range []byte{0, 0x7f, 0xff, ^data[at]} {
				_, _, err := Decode(patched(data, at, v), Limits{Pixels: 1 << 20})
				if err != nil {
					requireSentinel(t, err)
				}
			}
		}
	}
}

func requireSentinel(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrCorrupt) {
		t.Fatalf("not one of the package's errors: %v", err)
	}
}

func TestPanicsOfDecodersAreDamage(t *testing.T) {
	decode := func() (err error) {
		defer recovered("jpeg", &err)
		var none []int
		_ = none[len("out of range")]
		return nil
	}
	require.ErrorIs(t, decode(), ErrCorrupt)
}

func TestExtremeShapes(t *testing.T) {
	p, err := ParsePreprocessor([]byte(clipConfig))
	require.NoError(t, err)
	dst := make([]float32, 3*224*224)
	for _, size := range [][2]int{{1, 1}, {1, 10_000}, {10_000, 1}, {30_000, 2}} {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, size[0], size[1]))))
		taken := allocated(func() {
			_, err := p.Preprocess(b.Bytes(), DefaultLimits(), dst)
			require.NoError(t, err)
		})
		require.Less(t, taken, uint64(16<<20), "%v", size) // resized whole, 1×10,000 would take 1.5 GB
	}
}

// allocated is how many bytes f takes from the heap, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func pngChunk(kind string, body []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, kind...), body...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

// pngFile is a grey PNG that says w×h pixels; nil rows stand for the right number of zeros.
func pngFile(w, h uint32, rows []byte, chunks ...[]byte) []byte {
	if rows == nil {
		rows = make([]byte, (w+1)*h)
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	f := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(header, 8, 0, 0, 0, 0))...)
	for _, c := range chunks {
		f = append(f, c...)
	}
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(rows) // into memory
	_ = zw.Close()
	return append(append(f, pngChunk("IDAT", z.Bytes())...), pngChunk("IEND", nil)...)
}

func deflated(zeros int) []byte {
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(make([]byte, zeros)) // into memory
	_ = zw.Close()
	return z.Bytes()
}

// tiffFile is a grey page of one strip of 16 bytes.
func tiffFile(w, h, compression uint32) []byte {
	f := []byte("II*\x00\x08\x00\x00\x00\x08\x00")
	for _, e := range [][2]uint32{{256, w}, {257, h}, {258, 8}, {259, compression}, {262, 1}, {273, 110}, {278, h}, {279, 16}} {
		f = binary.LittleEndian.AppendUint16(f, uint16(e[0]))
		f = binary.LittleEndian.AppendUint16(f, 4)
		f = binary.LittleEndian.AppendUint32(f, 1)
		f = binary.LittleEndian.AppendUint32(f, e[1])
	}
	return append(f, make([]byte, 20)...)
}

func encoded(t *testing.T, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, encode(&b, image.NewRGBA(image.Rect(0, 0, 3, 2))))
	return b.Bytes()
}

func gifOfFrames(t *testing.T, n int) []byte {
	t.Helper()
	frame := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	g := &gif.GIF{}
	for range n {
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 1)
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

// jpegOfScans repeats the only scan of a picture.
func jpegOfScans(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	data := b.Bytes()
	at := bytes.Index(data, []byte("\xff\xda"))
	scan, end := data[at:len(data)-2], data[len(data)-2:]
	return append(append(bytes.Clone(data[:at]), bytes.Repeat(scan, n)...), end...)
}

// webpFrameAt moves the first frame of an animation to the right, in steps of two pixels.
func webpFrameAt(t *testing.T, x byte) []byte {
	t.Helper()
	data := goldenFile(t, "webp_animated.webp")
	return patched(data, bytes.Index(data, []byte("ANMF"))+8, x)
}
