package clip

import (
	"bytes"
	"context"
	"image"
	"time"

	"pinax/encoder/picture"
	"pinax/engine"
)

// container is a kind of file with moving pictures.
type container struct {
	mediaType string
	demuxer   string // ffmpeg's name of it; empty: decoded here
}

// containerOf tells what a file is by its first bytes.
func containerOf(data []byte) (container, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return container{mediaType: "image/gif"}, true
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return container{mediaType: "image/webp"}, true
	case len(data) >= 12 && string(data[4:8]) == "ftyp" && !isStillBrand(string(data[8:12])):
		return container{mediaType: "video/mp4", demuxer: "mov"}, true
	case bytes.HasPrefix(data, []byte("\x1a\x45\xdf\xa3")): // EBML
		return container{mediaType: "video/webm", demuxer: "matroska"}, true
	}
	return container{}, false
}

// isStillBrand tells whether an ISO media file says that it is a still picture.
func isStillBrand(brand string) bool {
	switch brand {
	case "avif", "avis", "heic", "heix", "heim", "heis", "mif1", "msf1":
		return true
	}
	return false
}

// eachFrame calls visit with the frames of a file in turn.
func (e *Encoder) eachFrame(ctx context.Context, c container, data []byte, visit func(*image.NRGBA, time.Duration) error) error {
	if c.demuxer != "" {
		return e.ffmpeg(ctx, c, data, visit)
	}
	f, err := picture.Open(data, e.options.Limits)
	if err != nil {
		return blame(err)
	}
	if !f.Animated() {
		return engine.Errorf(engine.CodeUnprocessable, "the %s is a still picture", c.mediaType).WithHint("give it as a picture")
	}
	return blame(f.Frames(func(frame picture.Frame) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(frame.Image, frame.Shown)
	}))
}
