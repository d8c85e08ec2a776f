package picture

import (
	"bytes"
	"image"
	"math"

	"golang.org/x/image/tiff"
)

// decodeTIFF decodes the first page.
func decodeTIFF(data []byte, _ Header) (raster, error) {
	m, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if grey, ok := m.(*image.Gray); ok && faxIsInverted(data) {
		for i, v := range grey.Pix {
			grey.Pix[i] = 255 - v
		}
	}
	return rasterOf(m)
}

// faxIsInverted tells whether a CCITT-compressed page says that zero is black. The decoder ignores that, while libtiff,
// and so everyone who writes such files, takes it at its word.
func faxIsInverted(data []byte) bool {
	const group3, group4, blackIsZero = 3, 4, 1
	c := tiffTag(data, tagCompression)
	return (c == group3 || c == group4) && tiffTag(data, tagPhotometric) == blackIsZero
}

// tiffAtLeast assumes that no two strips share their bytes, which no writer does.
func tiffAtLeast(data []byte, w, h int) int {
	bits := max(1, int(tiffTag(data, tagBitsPerSample)))
	if tiffTag(data, tagPhotometric) == photometricRGB {
		bits = 3 * 8
	}
	return w * h / 8 * min(bits, 64) / tiffRatio(tiffTag(data, tagCompression))
}

// tiffRatio is how many bytes a compressed byte can become at most.
func tiffRatio(compression uint32) int {
	const lzw, deflate, oldDeflate, packBits = 5, 8, 32946, 32773
	switch compression {
	case 0, 1:
		return 1
	case packBits: // two bytes for a run of 128
		return 64
	case deflate, oldDeflate:
		return 1032
	case lzw: // 12 bits for at most one string of every length up to 4096
		return 2731
	}
	return math.MaxInt // CCITT: a bit for a white row, however long
}
