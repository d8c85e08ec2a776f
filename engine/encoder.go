package engine

import "context"

// Encoder turns texts and pictures into vectors of one space.
//
// Implementations are safe for concurrent use and batch across callers. All methods return [*Error] with CodeBusy when
// their queue is full, CodeUnavailable after Close, and the context's error when it ends first.
type Encoder interface {
	Info() EncoderInfo
	// EncodeTexts returns one L2-normalised vector a text, in order: [len(texts)][dimension]. A text without direction,
	// one whose embedding is zero or not finite, has a nil vector and does not spoil the others.
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	// EncodeImages decodes and encodes pictures. The result has one element a picture, in order; a picture that fails has
	// its own Err (CodeMediaType, CodeTooLarge, CodeUnprocessable) and does not spoil the others.
	EncodeImages(ctx context.Context, images [][]byte) ([]EncodedImage, error)
}

// EncoderInfo describes an installed encoder.
type EncoderInfo struct {
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"` // hash of the model's files, hexadecimal
	Dimension   int      `json:"dimension"`
	Languages   []string `json:"languages"`         // BCP 47
	Licence     string   `json:"licence"`           // SPDX
	Provider    string   `json:"provider"`          // execution provider that runs the model, such as "cpu"
	Devices     []int    `json:"devices,omitempty"` // of the provider; none: its own choice
	// Fallback is why the model runs on the CPU although there is a GPU, in whole or in part; "" when it does not.
	Fallback   string  `json:"provider_fallback,omitempty"`
	LogitScale float64 `json:"logit_scale"`
	LogitBias  float64 `json:"logit_bias,omitempty"` // of models trained with a sigmoid a pair, else 0
	ImageSize  int     `json:"image_size"`           // pixels, the longer edge of the input
	MaxTokens  int     `json:"max_tokens"`
}

// Measured is an encoder that counts.
type Measured interface {
	Stats() EncoderStats
}

// EncoderStats is what an encoder has counted since it was opened.
type EncoderStats struct {
	CacheHits    int64 // texts and pictures answered from memory
	CacheJoined  int64 // answered by an encoding that another caller had under way
	CacheMisses  int64 // encoded
	CacheBytes   int64
	CacheEntries int
}

// EncodedImage is the outcome of one picture.
type EncodedImage struct {
	Vector []float32 // [dimension], L2-normalised; nil when Err is set
	Type   string    // media type found in the bytes
	Width  int       // pixels, after EXIF orientation
	Height int
	Err    error
}

// Thumbnailer makes small versions of pictures.
type Thumbnailer interface {
	// Thumbnail returns a JPEG of the picture whose longer edge has at most edge pixels, upright and on white. It
	// returns errors as EncodeImages does.
	Thumbnail(ctx context.Context, image []byte, edge int) ([]byte, error)
}

// noDirection is the failure of a text whose vector is nil.
func noDirection() *Error {
	return Errorf(CodeUnprocessable, "the encoder finds no direction for the text").WithHint("use other words")
}
