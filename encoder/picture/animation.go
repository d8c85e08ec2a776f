package picture

import (
	"fmt"
	"image"
	"time"
)

// AnimationPixels bounds the pixels of all frames of an animation together: the time that decoding them takes, since only
// one is in memory.
const AnimationPixels = 1 << 30

// Frame is one picture of an animation as it is shown.
type Frame struct {
	Image *image.NRGBA // the whole screen, opaque: what is transparent is on white. Valid until the next frame
	Shown time.Duration
}

// Animated tells whether a picture has more than one frame.
func (f File) Animated() bool {
	switch f.Header.Format {
	case "gif":
		frames, _ := gifFrames(f.data)
		return len(frames) > 1
	case "webp":
		n := 0
		for c := range webpChunks(f.data[12:]) {
			if c.name == "ANMF" {
				n++
			}
		}
		return n > 1
	}
	return false
}

// Frames calls visit with one frame after the other, or with the only one of a still, until it returns an error, which it
// then returns.
func (f File) Frames(visit func(Frame) error) (err error) {
	defer recovered(f.Header.Format, &err)
	var own error
	each := func(frame Frame) bool {
		own = visit(frame)
		return own == nil
	}
	switch {
	case !f.Animated():
		err = f.still(each)
	case f.Header.Format == "gif":
		err = gifAnimation(f.data, f.Header, each)
	default:
		err = webpAnimation(f.data, f.Header, each)
	}
	switch {
	case own != nil:
		return own
	case err != nil:
		return classify(f.Header.Format, eof(err))
	}
	return nil
}

func (f File) still(visit func(Frame) bool) error {
	r, err := f.decode()
	if err != nil {
		return err
	}
	m := newRGB(r, f.Header.Orientation)
	screen := white(m.Width, m.Height)
	for i, j := 0, 0; i < len(m.Pix); i, j = i+3, j+4 {
		copy(screen.Pix[j:j+3], m.Pix[i:i+3])
	}
	visit(Frame{Image: screen})
	return nil
}

func checkAnimation(pixels int64) error {
	if pixels > AnimationPixels {
		return fmt.Errorf("%w: its frames have %d pixels in all, the limit is %d", ErrTooLarge, pixels, int64(AnimationPixels))
	}
	return nil
}

// shownFor is how long browsers show a frame: they take very short times for mistakes.
func shownFor(milliseconds int) time.Duration {
	if milliseconds <= 10 {
		milliseconds = 100
	}
	return time.Duration(milliseconds) * time.Millisecond
}

// white returns an opaque white screen.
func white(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}
