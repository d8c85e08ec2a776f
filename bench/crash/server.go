package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"pinax/client"
)

// server is one life of `pinax serve`.
type server struct {
	command *exec.Cmd
	started time.Time
	client  *client.Client // nil until it listens
	address chan string    // gets the address, or is closed when the process ends before it listens
	ended   chan struct{}  // closed when the process is gone
}

// launch starts the process and waits for nothing.
func launch(o options) (*server, error) {
	log, err := os.OpenFile(o.data+".log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has a handle of its own
	command := exec.Command(o.binary, "serve", "--data", o.data, "--listen", "127.0.0.1:0")
	command.Stderr = log
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &server{command: command, started: time.Now(), address: make(chan string, 1), ended: make(chan struct{})}
	if err := command.Start(); err != nil {
		return nil, err
	}
	go s.watch(stdout)
	return s, nil
}

// watch reads what the process prints until it ends.
func (s *server) watch(stdout io.Reader) {
	defer close(s.ended)
	defer close(s.address)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			s.address <- strings.TrimSpace(address)
		}
	}
	_ = s.command.Wait() // how it ended is told by whoever ended it
}

// startServer returns when the server is ready.
func startServer(ctx context.Context, o options) (*server, error) {
	s, err := launch(o)
	if err != nil {
		return nil, err
	}
	if err := s.waitUntilReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; the server's log is %s.log", err, o.data), s.kill())
	}
	return s, nil
}

func (s *server) waitUntilReady(ctx context.Context) error {
	address, ok := <-s.address
	if !ok {
		return errors.New("the server ended before it listened")
	}
	var err error
	if s.client, err = client.New(address); err != nil {
		return err
	}
	s.client.Patience = 0
	for {
		if err := s.client.Ready(ctx); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("the server ended before it was ready")
		case <-time.After(time.Millisecond):
		}
		if time.Since(s.started) > 2*time.Minute {
			return errors.New("the server was not ready after two minutes")
		}
	}
}

// kill ends the process as `kill -9` does and waits until it is gone.
func (s *server) kill() error {
	if err := s.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.ended
	return nil
}
