package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// health answers whether the process is alive; it says nothing about whether it can serve.
func (s *Server) health(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "alive", "version": s.options.Version})
}

// ready answers whether requests are served now.
func (s *Server) ready(c echo.Context, e *engine.Engine) error {
	if s.draining.Load() {
		return engine.Errorf(engine.CodeUnavailable, "the server is stopping")
	}
	if err := e.Health(c.Request().Context()); err != nil {
		p := toProblem(err)
		return &engine.Error{Code: engine.CodeUnavailable, Detail: p.Detail, Hint: p.Hint, Err: err}
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ready"})
}
