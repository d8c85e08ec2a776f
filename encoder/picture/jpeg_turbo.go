//go:build turbojpeg && cgo

package picture

/*
#cgo pkg-config: libturbojpeg
#include <turbojpeg.h>
*/
import "C"

import "unsafe"

// decodeTurbo decodes with libjpeg-turbo, which Pillow does too, so that samples are equal but for differences between
// versions of it. It leaves CMYK to image/jpeg, and whatever it has as much as a warning about.
func decodeTurbo(data []byte, h Header) (r raster, ok bool) {
	t := C.tjInitDecompress() // a few microseconds
	if t == nil {
		return raster{}, false
	}
	defer C.tjDestroy(t)
	file, length := (*C.uchar)(unsafe.Pointer(&data[0])), C.ulong(len(data))
	var width, height, subsampling, colours C.int
	if C.tjDecompressHeader3(t, file, length, &width, &height, &subsampling, &colours) != 0 {
		return raster{}, false
	}
	w, high := h.stored()
	if int(width) != w || int(height) != high || colours == C.TJCS_CMYK || colours == C.TJCS_YCCK {
		return raster{}, false
	}
	m := &RGB{Width: w, Height: high, Pix: make([]uint8, 3*w*high)}
	pixels := (*C.uchar)(unsafe.Pointer(&m.Pix[0]))
	const flags = C.TJFLAG_ACCURATEDCT | C.TJFLAG_STOPONWARNING
	if C.tjDecompress2(t, file, length, pixels, width, 0, height, C.TJPF_RGB, flags) != 0 {
		return raster{}, false
	}
	return m.raster(), true
}
