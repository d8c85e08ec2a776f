package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Header is what the first bytes of a picture say.
type Header struct {
	Format        string // "jpeg", "png", "gif", "webp", "bmp" or "tiff"
	MediaType     string // such as "image/jpeg"
	Width, Height int    // pixels, after Orientation is applied
	Orientation   int    // EXIF, 1…8; 1 when the file says nothing usable
}

// format is one kind of picture: how it is recognised, measured and decoded.
type format struct {
	name        string
	match       func(data []byte) bool
	config      func(r io.Reader) (image.Config, error) // reads the header with the parser that decode uses
	atLeast     func(data []byte, w, h int) int         // bytes that a file of w×h pixels has
	orientation func(data []byte) int
	decode      func(data []byte, h Header) (raster, error) // as stored, not yet upright
}

// formats lists every format; a function, not a variable, so that nothing can change it.
func formats() [6]format {
	return [6]format{
		{"jpeg", isJPEG, jpeg.DecodeConfig, jpegAtLeast, jpegOrientation, decodeJPEG},
		{"png", isPNG, png.DecodeConfig, pngAtLeast, pngOrientation, decodePNG},
		{"webp", isWebP, webp.DecodeConfig, anyLength, webpOrientation, decodeWebP},
		{"gif", isGIF, gif.DecodeConfig, anyLength, upright, decodeGIF},
		{"bmp", isBMP, bmp.DecodeConfig, bmpAtLeast, upright, decodeBMP},
		{"tiff", isTIFF, tiff.DecodeConfig, tiffAtLeast, exifOrientation, decodeTIFF},
	}
}

func isJPEG(data []byte) bool { return bytes.HasPrefix(data, []byte("\xff\xd8\xff")) }
func isPNG(data []byte) bool  { return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) }
func isBMP(data []byte) bool  { return bytes.HasPrefix(data, []byte("BM")) }

func isGIF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("GIF87a")) || bytes.HasPrefix(data, []byte("GIF89a"))
}

func isTIFF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

// upright is the orientation of formats that cannot say one.
func upright([]byte) int { return 1 }

// anyLength is the fewest bytes of formats that can pack any number of equal pixels into a few.
func anyLength([]byte, int, int) int { return 0 }

// Sniff reads the header of a picture and checks it against the limits. It decodes no pixel and takes little memory.
func Sniff(data []byte, l Limits) (Header, error) {
	h, _, err := sniff(data, l.orDefaults())
	return h, err
}

func sniff(data []byte, l Limits) (h Header, f format, err error) {
	if len(data) == 0 {
		return Header{}, format{}, fmt.Errorf("%w: it has no bytes", ErrCorrupt)
	}
	if err := l.checkBytes(len(data)); err != nil {
		return Header{}, format{}, err
	}
	f, ok := formatOf(data)
	if !ok {
		return Header{}, format{}, fmt.Errorf("%w: %s", ErrFormat, guess(data))
	}
	defer recovered(f.name, &err)
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return Header{}, format{}, classify(f.name, eof(err))
	}
	if err := l.checkSize(config.Width, config.Height); err != nil {
		return Header{}, format{}, err
	}
	if n := f.atLeast(data, config.Width, config.Height); n > len(data) {
		return Header{}, format{}, fmt.Errorf("%w: %d×%d pixels cannot be in %d bytes of %s",
			ErrCorrupt, config.Width, config.Height, len(data), f.name)
	}
	h = Header{Format: f.name, MediaType: "image/" + f.name, Width: config.Width, Height: config.Height}
	h.Orientation = f.orientation(data)
	if h.Orientation >= 5 {
		h.Width, h.Height = h.Height, h.Width
	}
	return h, f, nil
}

func formatOf(data []byte) (format, bool) {
	for _, f := range formats() {
		if f.match(data) {
			return f, true
		}
	}
	return format{}, false
}

// eof says what the bare io errors mean here.
func eof(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends early")
	}
	return err
}

// guess names what data seems to be, for whoever sent it.
func guess(data []byte) string {
	head := data[:min(len(data), 512)]
	trimmed := bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
	switch {
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return "it is an ISO media file (HEIF, AVIF or video)"
	case bytes.HasPrefix(head, []byte("\xff\x0a")), bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cJXL ")):
		return "it is JPEG XL"
	case bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cjP  ")):
		return "it is JPEG 2000"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "it is a PDF"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "it is a ZIP archive"
	case bytes.HasPrefix(trimmed, []byte("<svg")), bytes.HasPrefix(trimmed, []byte("<?xml")):
		return "it is XML, perhaps SVG"
	case bytes.HasPrefix(trimmed, []byte("<!doctype html")), bytes.HasPrefix(trimmed, []byte("<html")):
		return "it is an HTML page"
	case isText(head):
		return "it is text"
	}
	return fmt.Sprintf("it begins with % x", data[:min(len(data), 8)])
}

func isText(head []byte) bool {
	for _, b := range head {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' || b >= 0x7f {
			return false
		}
	}
	return true
}
