package picture

import (
	"bytes"
	"encoding/binary"
	"image/png"
)

func decodePNG(data []byte, _ Header) (raster, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	return rasterOf(m)
}

// pngAtLeast: deflate makes at most 1032 bytes of one (RFC 1951: 258 bytes from 2 bits), and rows have a filter byte.
func pngAtLeast(data []byte, w, h int) int {
	const ratio, depthAt, colourAt = 1032, 24, 25
	if len(data) <= colourAt {
		return len(data) + 1
	}
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[colourAt]]
	return h * ((w*channels*int(data[depthAt])+7)/8 + 1) / ratio
}

// pngOrientation reads the eXIf chunk, which may come before or after the pixels.
func pngOrientation(data []byte) int {
	const signature, overhead = 8, 12 // length, type and checksum of a chunk
	for data = data[signature:]; len(data) >= overhead; {
		n := uint64(binary.BigEndian.Uint32(data))
		if n+overhead > uint64(len(data)) {
			return 1
		}
		if string(data[4:8]) == "eXIf" {
			return exifOrientation(data[8 : 8+n])
		}
		data = data[n+overhead:]
	}
	return 1
}
