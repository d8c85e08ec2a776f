package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long command is.
type progress struct {
	bar *progressbar.ProgressBar // nil: shows nothing
}

// newProgress shows a bar with rate and time left on a terminal, and a line now and then elsewhere. total -1: unknown.
func newProgress(total int, quiet bool) progress {
	if quiet {
		return progress{}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("items"), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100 * time.Millisecond),
	}
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		options = append(options, progressbar.OptionThrottle(10*time.Second), progressbar.OptionSetWidth(20))
	}
	return progress{progressbar.NewOptions(total, options...)}
}

func (p progress) add() {
	if p.bar != nil {
		_ = p.bar.Add(1) // a progress bar that cannot be drawn is no reason to stop
	}
}

func (p progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
		fmt.Fprintln(os.Stderr)
	}
}
