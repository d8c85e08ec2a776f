package picture

import (
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Errors that Sniff, Decode, Thumbnail and Preprocess return, wrapped with detail that may be shown to whoever sent the
// picture.
var (
	// ErrFormat: not a picture, or a kind or feature of one that is not decoded.
	ErrFormat = errors.New("not a picture that is decoded here")
	// ErrTooLarge: over one of the Limits.
	ErrTooLarge = errors.New("picture is too large")
	// ErrCorrupt: truncated, contradicting itself, or without pixels.
	ErrCorrupt = errors.New("picture is damaged")
)

// classify wraps what a decoder library returned: features that it lacks are ErrFormat, everything else is damage.
func classify(format string, err error) error {
	var (
		jpegUnsupported jpeg.UnsupportedError
		pngUnsupported  png.UnsupportedError
		tiffUnsupported tiff.UnsupportedError
	)
	switch {
	case errors.Is(err, ErrFormat), errors.Is(err, ErrTooLarge), errors.Is(err, ErrCorrupt):
		return err
	case errors.As(err, &jpegUnsupported), errors.As(err, &pngUnsupported), errors.As(err, &tiffUnsupported),
		errors.Is(err, bmp.ErrUnsupported):
		return fmt.Errorf("%w: %s: %w", ErrFormat, format, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrCorrupt, format, err)
}

// recovered turns a panic inside a decoder library into ErrCorrupt: the input is hostile, the process must live on.
// Use it deferred.
func recovered(format string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %s: decoder failed: %v", ErrCorrupt, format, p)
	}
}
