package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"

	"golang.org/x/image/webp"
)

const (
	webpFrameHeader = 16
	webpReplace     = 1 << 1 // the frame replaces what was there instead of being blended with it
	webpDispose     = 1 << 0 // its place becomes transparent after it
)

// webpAnimation draws the ANMF chunks one after the other.
func webpAnimation(data []byte, h Header, visit func(Frame) bool) error {
	width, height := h.stored()
	screen := white(width, height)
	var pixels int64
	for c := range webpChunks(data[12:]) {
		if c.name != "ANMF" {
			continue
		}
		body := c.body
		if len(body) < webpFrameHeader {
			return errWebP
		}
		corner := image.Pt(2*uint24(body), 2*uint24(body[3:]))
		size := image.Pt(uint24(body[6:])+1, uint24(body[9:])+1)
		place := image.Rectangle{Min: corner, Max: corner.Add(size)}
		if !place.In(screen.Rect) {
			return fmt.Errorf("%w: a frame lies outside of the picture", errWebP)
		}
		pixels += int64(size.X)*int64(size.Y) + int64(width)*int64(height)
		if err := checkAnimation(pixels); err != nil {
			return err
		}
		m, err := webpFrame(webpStill(body[webpFrameHeader:], size.X, size.Y))
		if err != nil {
			return err
		}
		if m.Rect.Size() != size {
			return fmt.Errorf("%w: a frame has another size than it says", errWebP)
		}
		flags := body[15]
		if flags&webpReplace != 0 {
			draw.Draw(screen, place, image.White, image.Point{}, draw.Src) // transparent on white is white
		}
		draw.Draw(screen, place, m, image.Point{}, draw.Over)
		if !visit(Frame{Image: screen, Shown: shownFor(uint24(body[12:]))}) {
			return nil
		}
		if flags&webpDispose != 0 {
			draw.Draw(screen, place, image.White, image.Point{}, draw.Src)
		}
	}
	return nil
}

// webpFrame decodes a still with its transparency.
func webpFrame(still []byte) (*image.NRGBA, error) {
	m, err := webp.Decode(bytes.NewReader(still))
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rectangle{Max: m.Bounds().Size()})
	switch m := m.(type) {
	case *image.NYCbCrA:
		fillFrame(out, webpRaster(&m.YCbCr, nil, 0), m.A, m.AStride)
	case *image.YCbCr:
		fillFrame(out, webpRaster(m, nil, 0), nil, 0)
	default:
		draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	}
	return out, nil
}

// fillFrame lays colours and transparency (nil: none) side by side.
func fillFrame(out *image.NRGBA, colours raster, alpha []uint8, stride int) {
	buf := make([]uint8, 3*colours.width)
	for y := range colours.height {
		row := colours.row(y, buf)
		pix := out.Pix[y*out.Stride:]
		for x := range colours.width {
			copy(pix[4*x:4*x+3], row[3*x:3*x+3])
			pix[4*x+3] = 255
			if alpha != nil {
				pix[4*x+3] = alpha[y*stride+x]
			}
		}
	}
}
