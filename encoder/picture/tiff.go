package picture

import (
	"bytes"
	"image"

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
