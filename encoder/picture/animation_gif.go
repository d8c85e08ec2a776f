package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
	"image/gif"
	"slices"
)

// errGIF is damage in the blocks; image/gif sees one frame at a time.
var errGIF = errors.New("its blocks do not make sense")

// gifFrame is where the blocks of one frame lie.
type gifFrame struct {
	blocks   []byte // graphic control, if any, and image
	pixels   int64
	delay    int  // hundredths of a second
	disposal byte // gif.DisposalNone and so on
}

const (
	gifScreenBytes = 13 // signature and logical screen descriptor
	gifExtension   = 0x21
	gifControl     = 0xF9
	gifImage       = 0x2C
	gifTrailer     = 0x3B
)

// gifTable returns the bytes of a colour table whose flags are these.
func gifTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifFrames finds the frames of a file, and those before the place where it is damaged. No pixel is decoded.
func gifFrames(data []byte) (frames []gifFrame, err error) {
	if len(data) < gifScreenBytes {
		return nil, errGIF
	}
	at := gifScreenBytes + gifTable(data[10])
	var frame gifFrame
	start := -1 // of the graphic control
	for at < len(data) {
		next := 0
		switch block := data[at:]; block[0] {
		case gifTrailer:
			return frames, nil
		case gifExtension:
			if next = gifSubBlocks(data, at+2); next > 0 && len(block) >= 8 && block[1] == gifControl {
				frame.disposal = block[3] >> 2 & 7
				frame.delay = int(binary.LittleEndian.Uint16(block[4:]))
				start = at
			}
		case gifImage:
			if len(block) < 11 {
				return frames, errGIF
			}
			next = gifSubBlocks(data, at+11+gifTable(block[9]))
			if next > 0 {
				if start < 0 {
					start = at
				}
				frame.blocks = data[start:next]
				frame.pixels = int64(binary.LittleEndian.Uint16(block[5:])) * int64(binary.LittleEndian.Uint16(block[7:]))
				frames = append(frames, frame)
				frame, start = gifFrame{}, -1
			}
		}
		if next == 0 {
			return frames, errGIF
		}
		at = next
	}
	return frames, errGIF
}

// gifSubBlocks returns where the sub-blocks that begin at a place end, 0 when they do not.
func gifSubBlocks(data []byte, at int) int {
	for at < len(data) {
		n := int(data[at])
		at += 1 + n
		if n == 0 {
			return at
		}
	}
	return 0
}

// gifAnimation shows the frames that are whole; some of a damaged file are better than none, as browsers have it.
func gifAnimation(data []byte, h Header, visit func(Frame) bool) error {
	frames, err := gifFrames(data)
	if len(frames) == 0 {
		return err
	}
	var pixels int64
	for _, f := range frames {
		pixels += f.pixels + int64(h.Width)*int64(h.Height)
	}
	if err := checkAnimation(pixels); err != nil {
		return err
	}
	head := data[:gifScreenBytes+gifTable(data[10])]
	screen, before := white(h.Width, h.Height), (*image.NRGBA)(nil)
	for _, f := range frames {
		m, err := gif.Decode(bytes.NewReader(append(slices.Concat(head, f.blocks), gifTrailer)))
		if err != nil {
			return err
		}
		if f.disposal == gif.DisposalPrevious {
			before = &image.NRGBA{Pix: slices.Clone(screen.Pix), Stride: screen.Stride, Rect: screen.Rect}
		}
		draw.Draw(screen, m.Bounds(), m, m.Bounds().Min, draw.Over)
		if !visit(Frame{Image: screen, Shown: shownFor(10 * f.delay)}) {
			return nil
		}
		switch f.disposal {
		case gif.DisposalBackground: // browsers make it transparent, whatever the background is said to be
			draw.Draw(screen, m.Bounds(), image.White, image.Point{}, draw.Src)
		case gif.DisposalPrevious:
			screen = before
		}
	}
	return nil
}
