package picture

import (
	"fmt"
	"image"
)

// Decode returns the picture upright, its first frame if it has many, and transparency flattened on white. The pixels
// are those of Pillow (Image.open, ImageOps.exif_transpose, Image.alpha_composite on white, convert("RGB")); colour
// profiles and gamma are ignored, as there.
func Decode(data []byte, l Limits) (m *RGB, h Header, err error) {
	r, h, err := open(data, l)
	if err != nil {
		return nil, Header{}, err
	}
	defer recovered(h.Format, &err)
	return newRGB(r, h.Orientation), h, nil
}

// open decodes a picture as stored.
func open(data []byte, l Limits) (r raster, h Header, err error) {
	h, f, err := sniff(data, l.orDefaults())
	if err != nil {
		return raster{}, Header{}, err
	}
	defer recovered(f.name, &err)
	if r, err = f.decode(data, h); err != nil {
		return raster{}, Header{}, classify(f.name, eof(err))
	}
	if w, ht := h.stored(); r.width != w || r.height != ht {
		return raster{}, Header{}, fmt.Errorf("%w: its header says %d×%d pixels, its contents %d×%d",
			ErrCorrupt, w, ht, r.width, r.height)
	}
	return r, h, nil
}

// stored is the size before Orientation is applied.
func (h Header) stored() (width, height int) {
	if h.Orientation >= 5 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

func sizeOf(m image.Image) (width, height int) { return m.Bounds().Dx(), m.Bounds().Dy() }
