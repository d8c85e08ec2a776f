package engine

import "context"

// Video describes a stored clip. Its bytes are addressed by their hash.
type Video struct {
	SHA256   string    `json:"sha256"` // of the bytes as uploaded, hexadecimal
	Type     string    `json:"type"`   // media type, such as "video/mp4" or "image/gif"
	Width    int       `json:"width"`  // pixels of a frame as it was decoded
	Height   int       `json:"height"`
	Bytes    int64     `json:"bytes"`
	Duration float64   `json:"duration"` // seconds
	Segments []Segment `json:"segments"` // one entry each, in order of time
}

// segments returns their number, of no clip too.
func (v *Video) segments() int {
	if v == nil {
		return 0
	}
	return len(v.Segments)
}

// Segment is a part of a clip in which about the same is to be seen.
type Segment struct {
	Start float64 `json:"start"` // seconds
	End   float64 `json:"end"`
	Peak  float64 `json:"peak"` // where the frame is shown that is most like the segment's vector
}

// VideoEncoder turns clips into vectors in the space of an encoder's pictures. It is safe for concurrent use.
type VideoEncoder interface {
	// EncodeVideo returns a clip's segments. What is wrong with the clip gives CodeMediaType, CodeTooLarge or
	// CodeUnprocessable; other errors are those of [Encoder].
	EncodeVideo(ctx context.Context, data []byte) (EncodedVideo, error)
}

// EncodedVideo is a clip with at least one segment.
type EncodedVideo struct {
	Type          string
	Width, Height int
	Duration      float64 // seconds
	Segments      []EncodedSegment
}

// EncodedSegment is a segment with its vector, [dimension], L2-normalised.
type EncodedSegment struct {
	Segment
	Vector []float32
}
