package web

import (
	_ "embed"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"pinax/engine"
)

// contract is the exact form of the HTTP contract.
//
//go:embed openapi.yaml
var contract []byte

// Options configure a Server.
type Options struct {
	BodyBytes int64 // the largest request body
	// InflightBytes bounds the bodies of all requests under way; beyond it they get 503. At least BodyBytes.
	InflightBytes int64
	// Hosts are names and addresses by which the server is asked, beside localhost and loopback addresses. Others are
	// refused, because a page of another site can point its own name at this machine.
	Hosts   []string
	AnyHost bool // whether every name is good
	Version string
	Logger  *slog.Logger         // nil: slog.Default()
	Metrics *prometheus.Registry // nil: a registry of its own
	// Memory tells how much memory there is. Nil, or when it fails: nobody knows.
	Memory func() (Memory, error)
}

// DefaultOptions returns the settings that config.yaml documents.
func DefaultOptions() Options { return Options{BodyBytes: 64 << 20, InflightBytes: 512 << 20} }

// Server answers the HTTP contract. It is an http.Handler and safe for concurrent use.
type Server struct {
	options  Options
	echo     *echo.Echo
	engine   atomic.Pointer[engine.Engine]
	draining atomic.Bool
	bodies   budget
	metrics  *metrics
}

// New returns a server that answers 503 until Ready is called.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	s := &Server{options: o, echo: echo.New(), bodies: budget{limit: max(o.InflightBytes, o.BodyBytes)}}
	s.metrics = newMetrics(o, s.engine.Load)
	s.echo.HTTPErrorHandler = s.writeProblem
	s.echo.Use(s.metrics.observeRequest, securityHeaders, s.recoverPanics(), s.limitBody, refuseOtherHosts(o), refuseCrossOrigin())
	s.routes()
	return s
}

// Ready hands over the engine; from now on requests are served.
func (s *Server) Ready(e *engine.Engine) { s.engine.Store(e) }

// Drain makes /readyz fail for whoever still has a connection, while running requests end.
func (s *Server) Drain() { s.draining.Store(true) }

// Observer returns the receiver of stage times, which /metrics reports.
func (s *Server) Observer() engine.Observer { return s.metrics }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.echo.ServeHTTP(newPacedWriter(w), r)
}

// reads are the methods of everything that can be read. HEAD is answered as GET is; net/http leaves the body out.
var reads = []string{http.MethodGet, http.MethodHead}

func (s *Server) routes() {
	e := s.echo
	e.Match(reads, "/healthz", s.health)
	e.Match(reads, "/readyz", s.serving(s.ready))
	e.Match(reads, "/metrics", s.metrics.serve)
	e.Match(reads, "/openapi.yaml", func(c echo.Context) error { return c.Blob(http.StatusOK, "application/yaml", contract) })
	s.pageRoutes()

	v1 := e.Group("/v1")
	v1.POST("/collections", s.serving(s.createCollection))
	v1.Match(reads, "/collections", s.serving(s.listCollections))
	v1.Match(reads, "/collections/:collection", s.serving(s.describeCollection))
	v1.DELETE("/collections/:collection", s.serving(s.dropCollection))
	v1.POST("/collections/:collection/batch", s.serving(s.upsertBatch))
	v1.POST("/collections/:collection/items", s.serving(s.createItem))
	v1.Match(reads, "/collections/:collection/items", s.serving(s.listItems))
	v1.PUT("/collections/:collection/items/:id", s.serving(s.putItem))
	v1.Match(reads, "/collections/:collection/items/:id", s.serving(s.getItem))
	v1.PATCH("/collections/:collection/items/:id", s.serving(s.patchItem))
	v1.DELETE("/collections/:collection/items/:id", s.serving(s.deleteItem))
	v1.Match(reads, "/collections/:collection/items/:id/images/:n", s.serving(s.getImage))
	v1.Match(reads, "/collections/:collection/items/:id/video", s.serving(s.getVideo))
	v1.POST("/collections/:collection/search", s.serving(s.search))
	v1.Match(reads, "/stats", s.serving(s.stats))
	v1.Match(reads, "/encoders", s.serving(s.listEncoders))
	v1.POST("/embed", s.serving(s.embed))
	e.POST("/embed", s.serving(s.embed))
}

// serving hands the engine to a handler, or answers that it is still loading.
func (s *Server) serving(handler func(echo.Context, *engine.Engine) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if e := s.engine.Load(); e != nil {
			return handler(c, e)
		}
		return engine.Errorf(engine.CodeUnavailable, "the server is loading").WithHint("GET /readyz tells when it is ready")
	}
}

// recoverPanics turns a panic into a logged 500, so that one request's defect does not end the process.
func (s *Server) recoverPanics() echo.MiddlewareFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			s.options.Logger.Error("request panicked", "route", c.Path(), "error", err, "stack", string(stack))
			return err
		},
	})
}
