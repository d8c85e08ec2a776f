package encoder

import (
	"context"
	"errors"
	"log/slog"

	"pinax/encoder/batch"
	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/engine"
)

// libraryError returns what a library that cannot be loaded tells.
func libraryError(err error) *engine.Error {
	e := &engine.Error{Code: engine.CodeUnavailable, Detail: "the ONNX Runtime library cannot be loaded", Err: err,
		Hint: "set runtime.cache to a folder that can be written and may hold programs, or runtime.library to a library file"}
	if errors.Is(err, onnx.ErrNoLibrary) {
		e.Hint = "build with `make build`, which bundles the library, or set runtime.library to its file"
	}
	return e
}

// blame sorts the error of work on a picture into one that is the picture's own and one of the call as a whole.
func blame(err error) (own *engine.Error, call error) {
	if err == nil {
		return nil, nil
	}
	if own = pictureError(err); own != nil {
		return own, nil
	}
	return nil, callError(err)
}

// pictureError returns what a failed picture tells about itself, and nil for a failure that it is not to blame for.
func pictureError(err error) *engine.Error {
	var panicked *batch.PanicError
	switch {
	case errors.Is(err, picture.ErrFormat):
		return &engine.Error{Code: engine.CodeMediaType, Detail: err.Error(),
			Hint: "send JPEG, PNG, GIF, WebP, BMP or TIFF"}
	case errors.Is(err, picture.ErrTooLarge):
		return &engine.Error{Code: engine.CodeTooLarge, Detail: err.Error()}
	case errors.Is(err, picture.ErrCorrupt):
		return &engine.Error{Code: engine.CodeUnprocessable, Detail: err.Error()}
	case errors.As(err, &panicked):
		slog.Error("decoding a picture panicked", "panic", panicked.Value, "stack", string(panicked.Stack))
		return &engine.Error{Code: engine.CodeInternal, Detail: "the picture could not be decoded", Err: err}
	}
	return nil
}

// callError returns what a failed call tells: busy, unavailable, the context's error, or internal.
func callError(err error) error {
	var full *batch.FullError
	switch {
	case errors.As(err, &full):
		return &engine.Error{Code: engine.CodeBusy, Detail: "the encoder's queue is full", Err: err, RetryAfter: full.Wait,
			Hint: "try again when Retry-After has passed, with fewer requests at once"}
	case errors.Is(err, batch.ErrClosed), errors.Is(err, onnx.ErrClosed):
		return &engine.Error{Code: engine.CodeUnavailable, Detail: "the encoder is closed", Err: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &engine.Error{Code: engine.CodeInternal, Detail: "encoding failed", Err: err}
}
