package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"pinax/encoder/store"
)

// transfer shows how many bytes have come: by a bar on a terminal, by a line now and then elsewhere. It is safe for
// concurrent use.
type transfer struct {
	mu    sync.Mutex
	w     io.Writer
	quiet bool
	isTTY bool
	every time.Duration // between lines
	now   func() time.Time

	what        string
	bar         *progressbar.ProgressBar
	done, total int64
	said        time.Time
}

func newTransfer(quiet bool) *transfer {
	return &transfer{w: os.Stderr, quiet: quiet, isTTY: term.IsTerminal(int(os.Stderr.Fd())), every: 5 * time.Second, now: time.Now}
}

// begin tells what was chosen of a model.
func (t *transfer) begin(c store.Choice, bytes int64) {
	if !t.quiet {
		fmt.Fprintf(t.w, "%d files, %s, in %s: %s\n", len(c.Files), inUnits(bytes), c.Precision, c.Why)
	}
	t.start("bringing", bytes)
}

func (t *transfer) start(what string, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.what, t.total, t.said = what, total, t.now()
	if t.isTTY && !t.quiet && total > 0 {
		t.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(t.w), progressbar.OptionShowBytes(true),
			progressbar.OptionShowTotalBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
}

// add counts bytes more, or fewer.
func (t *transfer) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	switch {
	case t.quiet || t.total == 0:
	case t.bar != nil:
		_ = t.bar.Set64(t.done) // a progress bar that cannot be drawn is no reason to stop
	case t.now().Sub(t.said) >= t.every:
		t.said = t.now()
		fmt.Fprintf(t.w, "%s: %s of %s (%d %%)\n", t.what, inUnits(t.done), inUnits(t.total), 100*t.done/t.total)
	}
}

// end leaves the bar where it is.
func (t *transfer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Exit()
		fmt.Fprintln(t.w)
	}
}
