package picture

import (
	"fmt"
	"image"
)

// Decode returns the picture upright, its first frame if it has many, and transparency flattened on white. The pixels
// are those of Pillow (Image.open, ImageOps.exif_transpose, Image.alpha_composite on white, convert("RGB")); colour
// profiles and gamma are ignored, as there.
func Decode(data []byte, l Limits) (m *RGB, h Header, err error) {
	f, err := Open(data, l)
	if err != nil {
		return nil, Header{}, err
	}
	r, err := f.decode()
	if err != nil {
		return nil, Header{}, err
	}
	defer recovered(f.Header.Format, &err)
	return newRGB(r, f.Header.Orientation), f.Header, nil
}

// File is a picture whose header was read and found to be within limits. No pixel of it is decoded.
type File struct {
	Header Header
	data   []byte
	format format
}

// Open reads the header of a picture and checks it against the limits, as Sniff does. Whoever has to know how large a
// picture is before it is decoded starts here.
func Open(data []byte, l Limits) (File, error) {
	h, f, err := sniff(data, l.orDefaults())
	return File{h, data, f}, err
}

// Pixels is the picture's width × height.
func (f File) Pixels() int64 { return int64(f.Header.Width) * int64(f.Header.Height) }

// upright decodes the picture and turns it as its orientation says.
func (f File) upright() (r raster, err error) {
	if r, err = f.decode(); err != nil {
		return raster{}, err
	}
	defer recovered(f.Header.Format, &err)
	if f.Header.Orientation > 1 {
		r = newRGB(r, f.Header.Orientation).raster()
	}
	return r, nil
}

// decode decodes the picture as stored.
func (f File) decode() (r raster, err error) {
	name := f.format.name
	defer recovered(name, &err)
	if r, err = f.format.decode(f.data, f.Header); err != nil {
		return raster{}, classify(name, eof(err))
	}
	if w, h := f.Header.stored(); r.width != w || r.height != h {
		return raster{}, fmt.Errorf("%w: its header says %d×%d pixels, its contents %d×%d",
			ErrCorrupt, w, h, r.width, r.height)
	}
	return r, nil
}

// stored is the size before Orientation is applied.
func (h Header) stored() (width, height int) {
	if h.Orientation >= 5 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

func sizeOf(m image.Image) (width, height int) { return m.Bounds().Dx(), m.Bounds().Dy() }
