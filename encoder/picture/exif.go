package picture

import (
	"bytes"
	"encoding/binary"
)

// exifHeader comes before the TIFF structure in JPEG, and in WebP files of some writers.
const exifHeader = "Exif\x00\x00"

// The tags that are read.
const (
	tagBitsPerSample = 258
	tagCompression   = 259
	tagPhotometric   = 262
	tagOrientation   = 274
)

const photometricRGB = 2

// exifOrientation reads the orientation from a TIFF structure, which is what EXIF blocks and TIFF files are. Anything
// missing, damaged or out of range is 1: a bad tag must not cost the picture.
func exifOrientation(data []byte) int {
	if v := tiffTag(data, tagOrientation); v >= 1 && v <= 8 {
		return int(v)
	}
	return 1
}

// tiffTag returns a whole number from the first directory of a TIFF structure, 0 when it is not there. It looks at
// each entry of that directory once, and follows no pointer from it.
func tiffTag(data []byte, tag uint16) uint32 {
	const typeShort, typeLong, entrySize = 3, 4, 12
	order, ok := tiffByteOrder(data)
	if !ok {
		return 0
	}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return 0
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < entrySize {
			return 0
		}
		if order.Uint16(entries) == tag {
			kind, count := order.Uint16(entries[2:]), order.Uint32(entries[4:])
			switch {
			case kind == typeShort && count == 1:
				return uint32(order.Uint16(entries[8:]))
			case kind == typeLong && count == 1:
				return order.Uint32(entries[8:])
			}
			return 0
		}
		entries = entries[entrySize:]
	}
	return 0
}

func tiffByteOrder(data []byte) (binary.ByteOrder, bool) {
	switch {
	case len(data) < 8:
		return nil, false
	case bytes.HasPrefix(data, []byte("II*\x00")):
		return binary.LittleEndian, true
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		return binary.BigEndian, true
	}
	return nil, false
}
