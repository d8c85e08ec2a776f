package web

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// The least pace of a peer, either way: so many bytes, or what is left when that is less, in so much time. It is 13 kB/s:
// a slow line keeps it, and whoever holds a request open for nothing does not.
const (
	paceBytes = 256 << 10
	paceTime  = 20 * time.Second
)

// budget counts the bytes of bodies under way. Nobody waits for it: a body that finds no room is refused and gives back
// what it holds, so bodies that each hold a part can never wait for one another.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take takes n bytes if they are there.
func (b *budget) take(n int64) bool {
	for {
		taken := b.taken.Load()
		if n > b.limit-taken {
			return false
		}
		if b.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

func (b *budget) give(n int64) { b.taken.Add(-n) }

// has reports whether n bytes are free now.
func (b *budget) has(n int64) bool { return n <= b.limit-b.taken.Load() }

// limitBody bounds one body, and all that are under way together: bodies are held in memory, and one request too many is
// better refused than every one lost. A body counts as it arrives, so a connection that sends nothing holds nothing.
func (s *Server) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, limit := c.Request(), s.options.BodyBytes
		if r.ContentLength == 0 {
			return next(c)
		}
		body := &pacedBody{budget: &s.bodies, connection: http.NewResponseController(c.Response())}
		body.allow() // before anything is refused: net/http reads on for a while before it answers
		if r.ContentLength > limit {
			return tooLargeBody(limit)
		}
		if !s.bodies.has(r.ContentLength) { // better now than when most of it has been sent
			return errTooManyBytes()
		}
		body.ReadCloser = http.MaxBytesReader(c.Response(), r.Body, limit)
		defer body.release()
		r.Body = body
		return next(c)
	}
}

func errTooManyBytes() error {
	return engine.Errorf(engine.CodeBusy, "too many bytes are under way in other requests")
}

// pacedBody is a body that must keep the least pace and be within the budget.
type pacedBody struct {
	io.ReadCloser
	budget     *budget
	connection *http.ResponseController
	held       int64 // bytes taken from the budget
	step       int64 // bytes until the deadline is moved
	failed     error // io.EOF included
}

// Read implements io.Reader. It fails with 408 when the pace is not kept and with CodeBusy when there is no room.
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed // moving the deadline now would end the work on the request
	}
	if b.step <= 0 {
		b.allow()
	}
	n, err := b.ReadCloser.Read(p)
	b.step -= int64(n)
	switch {
	case !b.budget.take(int64(n)):
		n, err = 0, errTooManyBytes()
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = newProblem(http.StatusRequestTimeout, engine.CodeInvalid, "the body came too slowly", "")
	}
	b.held += int64(n)
	b.failed = err
	return n, err
}

// allow gives the next step its time. net/http takes the deadline away at the end of the body.
func (b *pacedBody) allow() {
	b.step = paceBytes
	// Some connections, such as those of tests, have no deadlines.
	_ = b.connection.SetReadDeadline(time.Now().Add(paceTime))
}

func (b *pacedBody) release() { b.budget.give(b.held) }

// pacedWriter cuts off whoever does not take an answer at the least pace, which would hold what is being sent for ever.
type pacedWriter struct {
	http.ResponseWriter
	connection *http.ResponseController
}

func newPacedWriter(w http.ResponseWriter) *pacedWriter {
	p := &pacedWriter{ResponseWriter: w, connection: http.NewResponseController(w)}
	p.allow(0) // the deadline of the answer before
	return p
}

// WriteHeader implements http.ResponseWriter.
func (w *pacedWriter) WriteHeader(status int) {
	w.allow(paceTime)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *pacedWriter) Write(data []byte) (n int, err error) {
	for err == nil && n < len(data) {
		var written int
		w.allow(paceTime)
		written, err = w.ResponseWriter.Write(data[n:min(n+paceBytes, len(data))])
		n += written
	}
	return n, err
}

// allow moves the deadline; 0 takes it away.
func (w *pacedWriter) allow(d time.Duration) {
	var deadline time.Time
	if d > 0 {
		deadline = time.Now().Add(d)
	}
	_ = w.connection.SetWriteDeadline(deadline) // see pacedBody.allow
}

// Unwrap lets http.ResponseController find the connection.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
