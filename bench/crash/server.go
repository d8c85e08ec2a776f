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
	"sync"
	"time"

	"pinax/client"
)

// server is one life of `pinax serve`.
type server struct {
	command *exec.Cmd
	client  *client.Client
	started time.Time
	drained sync.WaitGroup
}

// launch starts the process and waits for nothing.
func launch(o options) (*server, io.Reader, error) {
	log, err := os.OpenFile(o.data+".log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close() // the process has its own handle
	s := &server{command: exec.Command(o.binary, "serve", "--data", o.data, "--listen", "127.0.0.1:0"), started: time.Now()}
	s.command.Stderr = log
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return s, stdout, s.command.Start()
}

// startServer returns when the server is ready.
func startServer(ctx context.Context, o options) (*server, error) {
	s, stdout, err := launch(o)
	if err != nil {
		return nil, err
	}
	address, err := s.address(stdout)
	if err == nil {
		s.client, err = client.New(address)
	}
	if err != nil {
		return nil, errors.Join(err, s.kill())
	}
	s.client.Patience = 0
	for s.client.Ready(ctx) != nil {
		if time.Since(s.started) > 2*time.Minute {
			return nil, errors.Join(fmt.Errorf("the server was not ready after two minutes; its log is %s.log", o.data), s.kill())
		}
		time.Sleep(time.Millisecond)
	}
	return s, nil
}

// address reads the line that tells where the server listens, and leaves a goroutine behind that keeps the pipe empty.
func (s *server) address(stdout io.Reader) (string, error) {
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		if _, after, ok := strings.Cut(line, "listening on "); ok {
			s.drained.Go(func() { _, _ = io.Copy(io.Discard, lines) })
			return strings.TrimSpace(after), nil
		}
		if err != nil {
			return "", fmt.Errorf("the server ended before it listened: %w", err)
		}
	}
}

// kill ends the process as `kill -9` does and waits until it is gone.
func (s *server) kill() error {
	if err := s.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	s.drained.Wait()
	var exit *exec.ExitError
	if err := s.command.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}
