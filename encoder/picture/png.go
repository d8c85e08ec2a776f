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
