package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long command is. It is safe for concurrent use.
type progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil: shows nothing
	w   io.Writer
}

// newProgress shows a bar with rate and time left on a terminal, and a line now and then elsewhere. total -1: unknown.
func newProgress(total int, quiet bool) *progress {
	if quiet {
		return &progress{w: os.Stderr}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("items"), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100 * time.Millisecond),
	}
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		options = append(options, progressbar.OptionThrottle(10*time.Second), progressbar.OptionSetWidth(20))
	}
	return &progress{bar: progressbar.NewOptions(total, options...), w: os.Stderr}
}

func (p *progress) add() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Add(1) // a progress bar that cannot be drawn is no reason to stop
	}
}

// say prints a line in place of the bar, which comes back with what is added next.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintf(p.w, format+"\n", args...)
}

// end leaves the bar full after success, and where it was after a failure.
func (p *progress) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	if err == nil {
		_ = p.bar.Finish()
	} else {
		_ = p.bar.Exit()
	}
	fmt.Fprintln(p.w)
}
