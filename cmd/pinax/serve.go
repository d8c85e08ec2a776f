package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // on its own address only, see servePprof
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/web"
)

type serveCommand struct {
	settings
	Data   string `help:"Folder of the database and the pictures." type:"path" placeholder:"DIR"`
	Listen string `help:"Address and port to listen on; port 0 takes a free one." placeholder:"ADDR"`
	Demo   bool   `help:"Fill an empty data folder with a small demo catalogue."`
}

// Run serves until the process is asked to stop.
func (cmd *serveCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load(map[string]string{"data": cmd.Data, "server.listen": cmd.Listen})
	if err != nil {
		return err
	}
	logger := slog.Default()
	options := web.DefaultOptions()
	options.Version, options.Logger = version, logger
	options.BodyBytes, options.InflightBytes = cfg.Server.BodyBytes, cfg.Server.InflightBytes
	listener, err := net.Listen("tcp", cfg.Server.Listen)
	if err != nil {
		return fmt.Errorf("server.listen: %w", err)
	}
	options.Memory = memoryOfSystem
	restrictHosts(&options, listener.Addr(), cfg.Server.Hosts)
	server := web.New(options)
	fmt.Printf("listening on http://%s\n", listener.Addr())

	// The listener answers (503 until ready) while the engine loads; whichever fails first ends both.
	s := service{cfg: cfg, demo: cmd.Demo, server: server, logger: logger, requestsEnded: make(chan struct{})}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.serveHTTP(ctx, listener) })
	g.Go(func() error { return servePprof(ctx, cfg.Server.Pprof) })
	g.Go(func() error { return s.serveEngine(ctx) })
	g.Go(func() error { server.WatchMemory(ctx, watchMemoryEvery); return nil })
	return g.Wait()
}

// service is a server with the engine that it serves.
type service struct {
	cfg           config
	demo          bool // fill an empty data folder
	server        *web.Server
	logger        *slog.Logger
	requestsEnded chan struct{}
}

// serveEngine opens encoder and storage, hands the engine to the server and closes both once the requests have ended. To
// be asked to stop before all that is done is no failure.
func (s service) serveEngine(ctx context.Context) (err error) {
	started := time.Now()
	told := context.AfterFunc(ctx, func() {
		s.logger.Warn("stopping once the model is loaded; a second signal ends the process at once, which is safe")
	})
	parts, err := openParts(ctx, s.cfg, s.server.Observer(), s.logger)
	told()
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, parts.close()) }()
	if s.demo {
		if err := fillDemo(ctx, parts.engine, s.logger); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if ctx.Err() == nil {
		s.server.Ready(parts.engine)
		s.logger.Info("ready", "took", time.Since(started).Round(time.Millisecond))
	}
	<-s.requestsEnded
	return nil
}

// serveHTTP serves until ctx ends, then lets running requests finish within the grace.
func (s service) serveHTTP(ctx context.Context, l net.Listener) error {
	defer close(s.requestsEnded)
	h := &http.Server{
		Handler: s.server, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.logger.Info("stopping", "grace", s.cfg.Server.Grace)
	s.server.Drain()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Server.Grace)
	defer cancel()
	if err := h.Shutdown(stopping); err != nil {
		s.logger.Warn("requests cut off", "error", err)
		_ = h.Close() // what could not end in time is ended
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// servePprof serves Go's profiler on an address of its own until ctx ends; "" means not at all.
func servePprof(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("server.pprof: %w", err)
	}
	h := &http.Server{Handler: http.DefaultServeMux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = h.Close() })
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
