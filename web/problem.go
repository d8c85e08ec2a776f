package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// problem is an RFC 9457 problem document. As an error it stands for a failure of HTTP itself, which the engine's codes
// do not know.
type problem struct {
	Type   string      `json:"type"`
	Title  string      `json:"title"`
	Status int         `json:"status"`
	Code   engine.Code `json:"code"`
	Detail string      `json:"detail"`
	Hint   string      `json:"hint,omitempty"`
}

// Error implements error.
func (p problem) Error() string { return p.Detail }

// statusOf is the one place where codes become HTTP statuses.
var statusOf = map[engine.Code]int{
	engine.CodeInvalid:        http.StatusBadRequest,
	engine.CodeForbidden:      http.StatusForbidden,
	engine.CodeNotFound:       http.StatusNotFound,
	engine.CodeExists:         http.StatusConflict,
	engine.CodeConflict:       http.StatusConflict,
	engine.CodeDimension:      http.StatusConflict,
	engine.CodeEncoder:        http.StatusConflict,
	engine.CodeTooLarge:       http.StatusRequestEntityTooLarge,
	engine.CodeMediaType:      http.StatusUnsupportedMediaType,
	engine.CodeUnprocessable:  http.StatusUnprocessableEntity,
	engine.CodeBusy:           http.StatusServiceUnavailable,
	engine.CodeUnavailable:    http.StatusServiceUnavailable,
	engine.CodeStorageFull:    http.StatusInsufficientStorage,
	engine.CodeReadOnly:       http.StatusServiceUnavailable,
	engine.CodeOutcomeUnknown: http.StatusGatewayTimeout,
	engine.CodeDamaged:        http.StatusInternalServerError,
	engine.CodeInternal:       http.StatusInternalServerError,
}

// statusClientClosed is nginx's status for a caller that went away; nobody reads it but the log and the metrics.
const statusClientClosed = 499

func toProblem(err error) problem {
	var e *engine.Error
	var he *echo.HTTPError
	var p problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &e):
		return newProblem(statusOf[e.Code], e.Code, e.Detail, e.Hint)
	case errors.As(err, &he):
		return routingProblem(he.Code)
	case errors.Is(err, context.Canceled):
		return newProblem(statusClientClosed, engine.CodeUnavailable, "the request was cancelled", "")
	}
	return newProblem(http.StatusInternalServerError, engine.CodeInternal, "an internal error occurred; the log tells more", "")
}

func newProblem(status int, code engine.Code, detail, hint string) problem {
	return problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Hint: hint}
}

// routingProblem is for the errors that the router itself makes.
func routingProblem(status int) problem {
	switch status {
	case http.StatusNotFound:
		return newProblem(status, engine.CodeNotFound, "there is nothing at this address", "GET /openapi.yaml lists what there is")
	case http.StatusMethodNotAllowed:
		return newProblem(status, engine.CodeInvalid, "this address does not take this method", "GET /openapi.yaml lists what there is")
	}
	return newProblem(status, engine.CodeInvalid, http.StatusText(status), "")
}

// problemOf is what a client is told of an error; the log gets the rest of what an operator needs.
func (s *Server) problemOf(err error, c echo.Context) problem {
	p := toProblem(err)
	if level, worth := levelOf(p, c); worth {
		s.options.Logger.Log(c.Request().Context(), level, "request failed", "route", c.Path(), "code", p.Code, "error", err)
	}
	return p
}

// levelOf tells how loud the log says a problem, and whether at all. An error is for defects and damage: a full disk has to
// be seen to, but nothing is broken.
func levelOf(p problem, c echo.Context) (level slog.Level, worth bool) {
	switch {
	case p.Status < 500, p.Code == engine.CodeBusy, p.Code == engine.CodeUnavailable:
		return 0, false
	case c.Response().Committed, c.Request().Context().Err() != nil: // the caller went away
		return slog.LevelInfo, true
	case p.Code == engine.CodeStorageFull, p.Code == engine.CodeReadOnly:
		return slog.LevelWarn, true
	}
	return slog.LevelError, true
}

// writeProblem is echo's error handler.
func (s *Server) writeProblem(err error, c echo.Context) {
	p := s.problemOf(err, c)
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/problem+json")
	h.Set("Cache-Control", "no-store") // what was meant for the answer is not meant for this
	h.Del("ETag")
	if p.Status == http.StatusServiceUnavailable {
		h.Set(echo.HeaderRetryAfter, retryAfter(err))
	}
	c.Response().WriteHeader(p.Status)
	if err := json.NewEncoder(c.Response()).Encode(p); err != nil {
		s.options.Logger.Debug("problem not sent", "error", err)
	}
}

// retryAfter returns whole seconds, rounded up: what the error estimates, one where it does not, and a minute at most,
// since whoever waits longer than that for an estimate that was wrong waits for nothing.
func retryAfter(err error) string {
	var e *engine.Error
	wait := time.Duration(0)
	if errors.As(err, &e) {
		wait = e.RetryAfter
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return strconv.Itoa(min(max(1, seconds), 60))
}

func tooLargeBody(limit int64) error {
	return engine.Errorf(engine.CodeTooLarge, "the request body is over the limit of %d bytes", limit).
		WithHint("send fewer or smaller pictures a request, or raise server.body_bytes")
}
