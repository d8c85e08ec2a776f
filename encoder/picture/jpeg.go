package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
)

// maxScans bounds the scans of a JPEG. Encoders write 1 to about 15; a hostile progressive file of a few kilobytes can
// make a decoder walk over all blocks once for each of thousands.
const maxScans = 64

// decodeJPEG decodes with libjpeg-turbo where the build has it and it finds nothing wrong, else with image/jpeg, which
// so decides alone what is refused.
func decodeJPEG(data []byte, h Header) (raster, error) {
	if n := bytes.Count(data, []byte{0xff, markerSOS}); n > maxScans {
		if n = jpegScans(data); n > maxScans {
			return raster{}, fmt.Errorf("%w: JPEG of %d scans, the limit is %d", ErrTooLarge, n, maxScans)
		}
	}
	if r, ok := decodeTurbo(data, h); ok {
		return r, nil
	}
	return decodeGoJPEG(data)
}

// decodeGoJPEG decodes with image/jpeg and does what it leaves out: chroma upsampling as libjpeg-turbo does it.
func decodeGoJPEG(data []byte) (raster, error) {
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if m, ok := m.(*image.YCbCr); ok {
		return jfifRaster(m), nil
	}
	return rasterOf(m)
}

// jpegAtLeast: every 8×8 block of the luma takes a bit at least, for its mean.
func jpegAtLeast(_ []byte, w, h int) int { return (w + 7) / 8 * ((h + 7) / 8) / 8 }

const (
	markerRST0 = 0xd0
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerAPP1 = 0xe1
)

// jpegOrientation reads the first EXIF segment before the pixels.
func jpegOrientation(data []byte) int {
	orientation := 1
	walkJPEG(data, func(marker byte, body []byte) bool {
		if marker == markerAPP1 && bytes.HasPrefix(body, []byte(exifHeader)) {
			orientation = exifOrientation(body[len(exifHeader):])
			return false
		}
		return marker != markerSOS
	})
	return orientation
}

func jpegScans(data []byte) int {
	n := 0
	walkJPEG(data, func(marker byte, _ []byte) bool {
		if marker == markerSOS {
			n++
		}
		return true
	})
	return n
}

// walkJPEG hands the segments to visit, skipping entropy-coded data, until visit returns false or nothing is left.
func walkJPEG(data []byte, visit func(marker byte, body []byte) bool) {
	for {
		at := bytes.IndexByte(data, 0xff)
		if at < 0 || at+1 >= len(data) {
			return
		}
		marker := data[at+1]
		if marker == 0xff { // fill
			data = data[at+1:]
			continue
		}
		data = data[at+2:]
		if marker < 0xc0 || markerRST0 <= marker && marker < markerEOI { // stuffing, restarts, start of image
			continue
		}
		if marker == markerEOI || len(data) < 2 {
			return
		}
		n := int(binary.BigEndian.Uint16(data))
		if n < 2 || n > len(data) {
			return
		}
		if !visit(marker, data[2:n]) {
			return
		}
		data = data[n:]
	}
}

// jfifRaster converts full-range YCbCr to RGB as libjpeg-turbo does: triangle ("fancy") upsampling where it has one,
// replication elsewhere, then the fixed-point conversion of jdcolor.c.
func jfifRaster(m *image.YCbCr) raster {
	w, h := sizeOf(m)
	c := newChroma(m, w, h)
	return raster{w, h, func(y int, buf []uint8) []uint8 {
		cb, cr := c.rows(y)
		jfifRow(m.Y[y*m.YStride:][:w], cb, cr, buf[:3*w])
		return buf[:3*w]
	}}
}

// jfifRow converts one row. The factors are ITU-R BT.601's, times 1<<16.
func jfifRow(luma, cb, cr, dst []uint8) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		y := int32(l)<<16 + 1<<15
		u, v := int32(cb[x])-128, int32(cr[x])-128
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0] = clamp((y + 91881*v) >> 16)
		d[1] = clamp((y - 22554*u - 46802*v) >> 16)
		d[2] = clamp((y + 116130*u) >> 16)
	}
}
