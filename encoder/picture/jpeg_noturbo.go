//go:build !turbojpeg || !cgo

package picture

// decodeTurbo has no libjpeg-turbo in this build: see jpeg_turbo.go.
func decodeTurbo([]byte, Header) (r raster, ok bool) { return raster{}, false }
