// Package clip finds what can be seen when in a moving picture. It samples frames where the picture changes, has an encoder
// turn them into vectors, cuts the clip into segments where these change, and pools each segment into one vector.
//
//	e := clip.New(encoder, clip.DefaultOptions())
//	video, err := e.EncodeVideo(ctx, mp4)
//	// video.Segments[2].Start, .End, .Peak (seconds), .Vector
//
// Animated GIF and WebP are decoded here. For mp4 and webm the program ffmpeg must be installed; it is given a file and can
// open nothing else.
package clip
