package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"pinax/client"
	"pinax/engine"
)

// readyEvery is how often a server that is loading is asked again.
const readyEvery = 250 * time.Millisecond

// connect returns a client of a server that is there. One that is loading is waited for, however long that takes: a large
// collection may be linked again. One that does not answer is reported at once, since the most likely reason is that nobody
// started it.
func connect(ctx context.Context, address string) (*client.Client, error) {
	warnOfUnknown(slog.Default(), os.Environ())
	c, err := client.New(address)
	if err != nil {
		return nil, err
	}
	patience := c.Patience
	c.Patience = 0
	err = waitWhileLoading(ctx, c, address)
	c.Patience = patience
	var answered *client.Error
	switch {
	case errors.As(err, &answered):
		return c, c.Ready(ctx)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("no server answers at %s: %w\n  start one with: pinax serve", address, err)
	}
	return c, nil
}

// waitWhileLoading returns what the server says once it does not say any more that it is loading.
func waitWhileLoading(ctx context.Context, c *client.Client, address string) error {
	for told := false; ; told = true {
		err := c.Ready(ctx)
		if !isLoading(err) {
			return err
		}
		if !told {
			fmt.Fprintf(os.Stderr, "waiting for %s, which is loading\n", address)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyEvery):
		}
	}
}

// isLoading tells a server that is starting from one that is stopping or unwell: both answer 503 and "unavailable".
func isLoading(err error) bool {
	var e *client.Error
	return errors.As(err, &e) && e.Code == string(engine.CodeUnavailable) && strings.Contains(e.Detail, "loading")
}
