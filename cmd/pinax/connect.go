package main

import (
	"context"
	"errors"
	"fmt"

	"pinax/client"
)

// connect returns a client of a server that is there. One that is loading is waited for; one that does not answer is
// reported at once, since the most likely reason is that nobody started it.
func connect(ctx context.Context, address string) (*client.Client, error) {
	c, err := client.New(address)
	if err != nil {
		return nil, err
	}
	patience := c.Patience
	c.Patience = 0
	err = c.Ready(ctx)
	c.Patience = patience
	var answered *client.Error
	switch {
	case errors.As(err, &answered):
		return c, c.Ready(ctx)
	case err != nil:
		return nil, fmt.Errorf("no server answers at %s: %w\n  start one with: pinax serve", address, err)
	}
	return c, nil
}
