package clip

import "pinax/encoder/picture"

// Options bound and tune the encoding of clips. A zero field means its default.
type Options struct {
	FFmpeg string         // path of the program; by default the one that PATH leads to
	Limits picture.Limits // of a frame; Bytes are those of the file
	Frames int            // that are encoded at most; those that change least are left out
	Batch  int            // frames handed to the encoder at a time
}

// DefaultOptions takes files up to 256 MiB and encodes up to 256 frames of each.
func DefaultOptions() Options {
	l := picture.DefaultLimits()
	l.Bytes = 256 << 20
	return Options{Limits: l, Frames: 256, Batch: 16}
}

func (o Options) withDefaults() Options {
	d := DefaultOptions()
	if o.Limits == (picture.Limits{}) {
		o.Limits = d.Limits
	}
	if o.Frames <= 0 {
		o.Frames = d.Frames
	}
	if o.Batch <= 0 {
		o.Batch = d.Batch
	}
	return o
}
