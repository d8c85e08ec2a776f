package hub

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"pinax/engine"
)

// passing is a failure that may be gone in a moment: of the network, or of a server that is busy.
type passing struct {
	err   error
	after time.Duration // that the server asks for; 0: it does not say
}

func (p passing) Error() string { return p.err.Error() }
func (p passing) Unwrap() error { return p.err }

// How long a client is patient.
const (
	failuresInARow = 6 // of attempts that brought nothing; with the pauses between, about half a minute
	firstPause     = time.Second
	longestPause   = 15 * time.Second
	// longestAfter bounds what a server may ask for: rather than sleep for longer, the caller is told.
	longestAfter = 5 * time.Minute
)

// patiently calls attempt until it succeeds, fails for good, or has failed too often in a row without progress. It returns
// the last failure.
func (c *Client) patiently(ctx context.Context, attempt func() (progress bool, err error)) error {
	pause := firstPause
	for failures := 1; ; failures++ {
		progress, err := attempt()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var p passing
		if !errors.As(err, &p) {
			return err
		}
		if progress {
			failures, pause = 1, firstPause
		}
		if failures >= failuresInARow || p.after > longestAfter {
			return givenUp(p)
		}
		wait := pause/2 + rand.N(pause) // so that many clients do not come back together
		if p.after > 0 {
			wait = p.after
		}
		slog.Warn("the hub is asked again", "after", wait.Round(time.Millisecond), "error", p.err)
		if err := c.wait(ctx, wait); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

func givenUp(p passing) error {
	var e *engine.Error
	if errors.As(p.err, &e) {
		return e
	}
	return &engine.Error{Code: engine.CodeUnavailable, Detail: "the hub cannot be reached", Err: p.err,
		Hint: "run the same command again to go on where it stopped"}
}

// sleep waits for a time or for the end of ctx, whose cause it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// rateLimit is the header of draft-ietf-httpapi-ratelimit-headers, as in `"api";r=0;t=55`: nothing remains for 55 s.
var rateLimit = regexp.MustCompile(`;\s*r=0;\s*t=(\d{1,9})`)

// retryAfter returns how long the server asks to wait: Retry-After in seconds or as a date, else RateLimit's reset. 0: it
// does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(date.Sub(now), 0)
	}
	if found := rateLimit.FindStringSubmatch(h.Get("RateLimit")); found != nil {
		seconds, _ := strconv.Atoi(found[1]) // nine digits are a number
		return time.Duration(seconds) * time.Second
	}
	return 0
}
