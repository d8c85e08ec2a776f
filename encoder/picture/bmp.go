package picture

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/image/bmp"
)

func decodeBMP(data []byte, _ Header) (raster, error) {
	m, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	return rasterOf(m)
}

// bmpAtLeast: only uncompressed pixels are decoded.
func bmpAtLeast(data []byte, w, h int) int {
	const bitsAt = 28
	if len(data) < bitsAt+2 {
		return len(data) + 1
	}
	return h * ((w*int(binary.LittleEndian.Uint16(data[bitsAt:])) + 7) / 8)
}
