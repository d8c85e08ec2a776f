package web

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// serveContent is http.ServeContent with a problem document for a range that is not there. Type and ETag are set before.
func serveContent(c echo.Context, content io.ReadSeeker) error {
	w := &rangeWriter{ResponseWriter: c.Response()}
	http.ServeContent(w, c.Request(), "", time.Time{}, content)
	if w.refused {
		return newProblem(http.StatusRequestedRangeNotSatisfiable, engine.CodeInvalid, "there are no bytes in that range", "")
	}
	return nil
}

// rangeWriter keeps back the plain text with which http.ServeContent refuses a range.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader implements http.ResponseWriter.
func (w *rangeWriter) WriteHeader(status int) {
	w.refused = status == http.StatusRequestedRangeNotSatisfiable
	if !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (w *rangeWriter) Write(data []byte) (int, error) {
	if w.refused {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}
