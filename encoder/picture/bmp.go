package picture

import (
	"bytes"

	"golang.org/x/image/bmp"
)

func decodeBMP(data []byte, _ Header) (raster, error) {
	m, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	return rasterOf(m)
}
