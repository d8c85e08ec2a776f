package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/webp"
)

// errWebP is damage in the container; golang.org/x/image/webp sees the chunks only after they were taken apart here.
var errWebP = errors.New("its chunks do not make sense")

func isWebP(data []byte) bool {
	return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
}

func webpOrientation(data []byte) int {
	for c := range webpChunks(data[12:]) {
		if c.name == "EXIF" {
			return exifOrientation(bytes.TrimPrefix(c.body, []byte(exifHeader)))
		}
	}
	return 1
}

// chunk is one RIFF chunk.
type chunk struct {
	name string
	body []byte
	raw  []byte // with name, length and padding
}

// webpChunks yields the chunks of data until one does not fit.
func webpChunks(data []byte) func(yield func(chunk) bool) {
	return func(yield func(chunk) bool) {
		for len(data) >= 8 {
			n := uint64(binary.LittleEndian.Uint32(data[4:]))
			padded := 8 + n + n&1
			if 8+n > uint64(len(data)) {
				return
			}
			padded = min(padded, uint64(len(data)))
			if !yield(chunk{string(data[:4]), data[8 : 8+n], data[:padded]}) {
				return
			}
			data = data[padded:]
		}
	}
}

// decodeWebP decodes stills, and the first frame of animations on a transparent canvas.
func decodeWebP(data []byte, h Header) (raster, error) {
	w, ht := h.stored()
	extended := false
	for c := range webpChunks(data[12:]) {
		switch c.name {
		case "VP8X":
			extended = true
		case "ANMF":
			return decodeWebPFrame(c.body, w, ht)
		case "ALPH", "VP8 ", "VP8L":
			if extended {
				// golang.org/x/image/webp wants the header's flags to agree with the chunks; libwebp goes by the chunks.
				data = webpStill(data[12:], w, ht)
			}
			return decodeWebPStill(data)
		}
	}
	return raster{}, errWebP
}

func decodeWebPStill(data []byte) (raster, error) {
	m, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return webpRaster(m, nil, 0), nil
	case *image.NYCbCrA:
		return webpRaster(&m.YCbCr, m.A, m.AStride), nil
	}
	return rasterOf(m)
}

// decodeWebPFrame decodes an ANMF chunk: position, size, duration and flags, then the chunks of a still.
func decodeWebPFrame(body []byte, width, height int) (raster, error) {
	const header = 16
	if len(body) < header {
		return raster{}, errWebP
	}
	x, y := 2*uint24(body), 2*uint24(body[3:])
	w, h := uint24(body[6:])+1, uint24(body[9:])+1
	if x+w > width || y+h > height {
		return raster{}, fmt.Errorf("%w: a frame lies outside of the picture", errWebP)
	}
	frame, err := decodeWebPStill(webpStill(body[header:], w, h))
	if err != nil {
		return raster{}, err
	}
	if frame.width != w || frame.height != h {
		return raster{}, fmt.Errorf("%w: a frame has another size than it says", errWebP)
	}
	return frame.placed(x, y, width, height), nil
}

// webpStill makes a file of its own from the chunks of a frame. Its header states the frame's size, so that the decoder
// compares it with the chunks' before it takes memory.
func webpStill(chunks []byte, width, height int) []byte {
	const alphaFlag = 1 << 4
	flags := byte(0)
	var pixels []byte
	for c := range webpChunks(chunks) {
		switch c.name {
		case "ALPH":
			flags |= alphaFlag
			pixels = append(pixels, c.raw...)
		case "VP8 ", "VP8L":
			pixels = append(pixels, c.raw...)
		}
	}
	still := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00"), flags, 0, 0, 0)
	still = appendUint24(appendUint24(still, width-1), height-1)
	still = append(still, pixels...)
	if len(still)%2 == 1 {
		still = append(still, 0)
	}
	binary.LittleEndian.PutUint32(still[4:], uint32(len(still)-8))
	return still
}

func appendUint24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// placed puts a raster on a larger white one.
func (r raster) placed(x, y, width, height int) raster {
	if r.width == width && r.height == height {
		return r
	}
	return raster{width, height, func(row int, buf []uint8) []uint8 {
		dst := buf[:3*width]
		for i := range dst {
			dst[i] = 255
		}
		if row >= y && row < y+r.height {
			inner := dst[3*x : 3*(x+r.width)]
			if got := r.row(row-y, inner); &got[0] != &inner[0] {
				copy(inner, got)
			}
		}
		return dst
	}}
}

// webpRaster converts VP8's limited-range YCbCr (ITU-R BT.601, 16…235) to RGB as libwebp does, with its triangle
// ("fancy") upsampling of 4:2:0 colour, and flattens on white when there is alpha.
func webpRaster(m *image.YCbCr, alpha []uint8, alphaStride int) raster {
	w, h := sizeOf(m)
	cw, ch := (w+1)/2, (h+1)/2
	cb, cr := make([]uint8, 2*cw), make([]uint8, 2*cw)
	line := func(plane []uint8, y int) []uint8 { return plane[min(max(y, 0), ch-1)*m.CStride:][:cw] }
	return raster{w, h, func(y int, buf []uint8) []uint8 {
		dst := buf[:3*w]
		fancyVP8(line(m.Cb, y/2), line(m.Cb, neighbour(y)), cb)
		fancyVP8(line(m.Cr, y/2), line(m.Cr, neighbour(y)), cr)
		vp8Row(m.Y[y*m.YStride:][:w], cb, cr, dst)
		if alpha != nil {
			for x, a := range alpha[y*alphaStride:][:w] {
				d := dst[3*x : 3*x+3 : 3*x+3]
				flatten(d, d[0], d[1], d[2], a)
			}
		}
		return dst
	}}
}

// fancyVP8 weighs the four nearest colour samples 9:3:3:1 (upsampling.c), near and far being the rows above and below.
func fancyVP8(near, far, out []uint8) {
	far = far[:len(near)]
	previous := 3*uint32(near[0]) + uint32(far[0])
	this := previous
	for i := range near {
		next := this
		if i+1 < len(near) {
			next = 3*uint32(near[i+1]) + uint32(far[i+1])
		}
		o := out[2*i : 2*i+2 : 2*i+2]
		o[0] = uint8((3*this + previous + 8) >> 4)
		o[1] = uint8((3*this + next + 8) >> 4)
		previous, this = this, next
	}
}

// vp8Row is libwebp's VP8YuvToRgb (yuv.h), 14 bits of fixed point.
func vp8Row(luma, cb, cr, dst []uint8) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		y, u, v := int32(l)*19077>>8, int32(cb[x]), int32(cr[x])
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0] = clamp((y + v*26149>>8 - 14234) >> 6)
		d[1] = clamp((y - u*6419>>8 - v*13320>>8 + 8708) >> 6)
		d[2] = clamp((y + u*33050>>8 - 17685) >> 6)
	}
}
