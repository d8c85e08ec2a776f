package clip

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"pinax/engine"
)

const (
	// framesPerSecond is how often a clip is looked at. Shots are longer than a quarter of a second.
	framesPerSecond = 4
	// frameEdge is the longest edge that frames are scaled down to: no encoder's input is larger.
	frameEdge = 512
	// complaintBytes is how much of what ffmpeg says is kept.
	complaintBytes = 2 << 10
)

// ffmpeg decodes a file with the program of that name. It gets the file under a name of our own and may use no protocol but
// files, no demuxer but the one that the first bytes ask for; so a file cannot make it read others or the network.
func (e *Encoder) ffmpeg(ctx context.Context, c container, data []byte, visit func(*image.NRGBA, time.Duration) error) (err error) {
	program, err := e.program()
	if err != nil {
		return engine.Errorf(engine.CodeMediaType, "clips of type %s need the program ffmpeg, which is not installed here", c.mediaType).
			WithHint("install ffmpeg, or give an animated GIF or WebP")
	}
	dir, err := os.MkdirTemp("", "pinax-clip-")
	if err != nil {
		return &engine.Error{Code: engine.CodeInternal, Detail: "a clip could not be written for ffmpeg", Err: err}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "clip") // it seeks: what says where the frames are may be at the end
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return &engine.Error{Code: engine.CodeInternal, Detail: "a clip could not be written for ffmpeg", Err: err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the program when a frame is refused
	edge := strconv.Itoa(frameEdge)
	cmd := exec.CommandContext(ctx, program, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
		"-protocol_whitelist", "file", "-f", c.demuxer, "-i", file, "-an", "-sn", "-dn",
		"-vf", fmt.Sprintf("fps=%d,scale='min(%s,iw)':'min(%s,ih)':force_original_aspect_ratio=decrease", framesPerSecond, edge, edge),
		"-f", "image2pipe", "-c:v", "ppm", "-")
	cmd.WaitDelay = time.Second // for a child that outlives it and holds the pipes
	complaints := &tail{most: complaintBytes}
	cmd.Stderr = complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return &engine.Error{Code: engine.CodeInternal, Detail: "ffmpeg could not be started", Err: err}
	}
	if err := cmd.Start(); err != nil {
		return &engine.Error{Code: engine.CodeInternal, Detail: "ffmpeg could not be started", Err: err}
	}
	visited := readFrames(bufio.NewReaderSize(out, 1<<16), visit)
	if visited != nil {
		cancel()
	}
	ended := cmd.Wait()
	switch {
	case visited != nil && !errors.Is(visited, errFrames):
		return visited
	case context.Cause(ctx) != nil && visited == nil:
		return context.Cause(ctx)
	case ended != nil || visited != nil:
		return engine.Errorf(engine.CodeUnprocessable, "the clip cannot be decoded: %s", complaints.text(dir))
	}
	return nil
}

// program finds ffmpeg.
func (e *Encoder) program() (string, error) {
	if e.options.FFmpeg != "" {
		return exec.LookPath(e.options.FFmpeg)
	}
	return exec.LookPath("ffmpeg")
}

// errFrames: what ffmpeg writes is not a row of pictures.
var errFrames = errors.New("not a portable pixmap")

// readFrames reads portable pixmaps (P6), one after the other.
func readFrames(in *bufio.Reader, visit func(*image.NRGBA, time.Duration) error) error {
	for {
		if _, err := in.Peek(1); errors.Is(err, io.EOF) {
			return nil
		}
		var width, height, most int
		if _, err := fmt.Fscanf(in, "P6\n%d %d\n%d\n", &width, &height, &most); err != nil {
			return errors.Join(errFrames, err)
		}
		if width < 1 || height < 1 || width > frameEdge || height > frameEdge || most != 255 {
			return errFrames
		}
		m := image.NewNRGBA(image.Rect(0, 0, width, height))
		row := make([]byte, 3*width)
		for y := range height {
			if _, err := io.ReadFull(in, row); err != nil {
				return errors.Join(errFrames, err)
			}
			pix := m.Pix[y*m.Stride:]
			for x := range width {
				copy(pix[4*x:], row[3*x:3*x+3])
				pix[4*x+3] = 255
			}
		}
		if err := visit(m, time.Second/framesPerSecond); err != nil {
			return err
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	most int
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.most; over > 0 {
		t.kept = t.kept[over:]
	}
	return len(p), nil
}

// text returns what was written on one line, without the name of the folder.
func (t *tail) text(folder string) string {
	said := bytes.ReplaceAll(t.kept, []byte(folder+string(filepath.Separator)), nil)
	if said = bytes.TrimSpace(said); len(said) == 0 {
		return "ffmpeg ended early"
	}
	return string(bytes.ReplaceAll(said, []byte("\n"), []byte("; ")))
}
