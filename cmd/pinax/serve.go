package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof" // on its own address only, see servePprof
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/engine"
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
	logger, err := newLogger(os.Stderr, cfg.Log)
	if err != nil {
		return err
	}
	options := web.DefaultOptions()
	options.Version, options.Logger = version, logger
	options.BodyBytes, options.InflightBytes = cfg.Server.BodyBytes, cfg.Server.InflightBytes
	listener, err := net.Listen("tcp", cfg.Server.Listen)
	if err != nil {
		return fmt.Errorf("server.listen: %w", err)
	}
	restrictHosts(&options, listener.Addr(), cfg.Server.Hosts)
	server := web.New(options)
	fmt.Printf("listening on http://%s\n", listener.Addr())

	// The listener answers (503 until ready) while the engine loads; whichever fails first ends both.
	g, ctx := errgroup.WithContext(ctx)
	requestsEnded := make(chan struct{})
	g.Go(func() error {
		defer close(requestsEnded)
		return serveHTTP(ctx, listener, server, cfg.Server.Grace, logger)
	})
	g.Go(func() error { return servePprof(ctx, cfg.Server.Pprof) })
	g.Go(func() error { return serveEngine(ctx, cfg, server, logger, cmd.Demo, requestsEnded) })
	return g.Wait()
}

// serveEngine opens encoder and storage, hands the engine to the server and closes both once the requests have ended.
func serveEngine(
	ctx context.Context, cfg config, server *web.Server, logger *slog.Logger, demo bool, requestsEnded <-chan struct{},
) (err error) {
	started := time.Now()
	parts, err := openParts(cfg, server.Observer(), logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.close()) }()
	if demo {
		if err := fillDemo(ctx, parts.engine, logger); err != nil {
			return err
		}
	}
	server.Ready(parts.engine)
	logger.Info("ready", "took", time.Since(started).Round(time.Millisecond))
	<-requestsEnded
	return nil
}

// serveHTTP serves until ctx ends, then lets running requests finish within grace.
func serveHTTP(ctx context.Context, l net.Listener, server *web.Server, grace time.Duration, logger *slog.Logger) error {
	h := &http.Server{
		Handler: server, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	logger.Info("stopping", "grace", grace)
	server.Drain()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := h.Shutdown(stopping); err != nil {
		logger.Warn("requests cut off", "error", err)
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

func newLogger(w io.Writer, cfg logConfig) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	switch cfg.Format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("log.format: %q is neither text nor json", cfg.Format)
}

// fillDemo puts the demo catalogue into a collection of its own when there is no collection yet.
func fillDemo(ctx context.Context, e *engine.Engine, logger *slog.Logger) error {
	existing, err := e.Collections(ctx, "", 1)
	if err != nil || len(existing) > 0 {
		return err
	}
	products, err := demoProducts()
	if err != nil {
		return err
	}
	if _, err := e.CreateCollection(ctx, engine.CollectionInput{Name: demoCollection}); err != nil {
		return err
	}
	results, err := e.UpsertBatch(ctx, demoCollection, products)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		// Half a catalogue would stay half for ever, since the next start finds a collection.
		return fmt.Errorf("demo catalogue: %w", errors.Join(err, e.DropCollection(context.WithoutCancel(ctx), demoCollection)))
	}
	logger.Info("demo catalogue stored", "collection", demoCollection, "items", len(products))
	return nil
}
