package picture

import "fmt"

// Limits bound what is decoded. They are checked against the header, before memory for a pixel is taken. A zero field
// means that its default holds.
type Limits struct {
	Bytes  int64 // size of the file
	Pixels int64 // width × height. Decoding takes up to 15 bytes a pixel (progressive 4:4:4 JPEG), most often 4 to 7.
	Edge   int   // pixels, the longer edge
}

// DefaultLimits admits what phones and cameras produce: 32 MiB, 50 megapixels, 32,768 pixels along an edge.
func DefaultLimits() Limits {
	return Limits{Bytes: 32 << 20, Pixels: 50_000_000, Edge: 1 << 15}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Pixels <= 0 {
		l.Pixels = d.Pixels
	}
	if l.Edge <= 0 {
		l.Edge = d.Edge
	}
	return l
}

func (l Limits) checkBytes(n int) error {
	if int64(n) > l.Bytes {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, n, l.Bytes)
	}
	return nil
}

func (l Limits) checkSize(w, h int) error {
	switch {
	case w <= 0 || h <= 0:
		return fmt.Errorf("%w: its header says %d×%d pixels", ErrCorrupt, w, h)
	case w > l.Edge || h > l.Edge:
		return fmt.Errorf("%w: %d×%d pixels, the limit along an edge is %d", ErrTooLarge, w, h, l.Edge)
	case int64(w)*int64(h) > l.Pixels:
		return fmt.Errorf("%w: %d×%d makes %d pixels, the limit is %d", ErrTooLarge, w, h, int64(w)*int64(h), l.Pixels)
	}
	return nil
}
