//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
)

// serving is a server process whose log can be waited for.
type serving struct {
	*exec.Cmd
	address string
	log     *bufio.Scanner
}

func startServing(t *testing.T, args ...string) serving {
	t.Helper()
	cmd := command(context.WithoutCancel(t.Context()), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	log, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return serving{cmd, strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), bufio.NewScanner(log)}
}

// until reads the log to the first line that has the text.
func (s serving) until(t *testing.T, text string) {
	t.Helper()
	for s.log.Scan() {
		if strings.Contains(s.log.Text(), text) {
			return
		}
	}
	require.Fail(t, "the log ends", "without %q", text)
}

// TestStoppedWhileFillingTheDemo stops a server before it is ready, again and again at other moments, and then lets it
// finish: the catalogue is whole.
func TestStoppedWhileFillingTheDemo(t *testing.T) {
	needLibrary(t)
	data := t.TempDir()
	for range 2 {
		s := startServing(t, "--data", data, "--demo")
		require.NoError(t, s.Process.Signal(syscall.SIGTERM))
		s.until(t, "stopping")
		for s.log.Scan() {
			require.NotContains(t, s.log.Text(), "level=ERROR")
		}
		require.NoError(t, s.Wait(), "to be stopped early is no failure")
	}
	address, _ := serve(t, "--data", data, "--demo")
	c, err := client.New(address)
	require.NoError(t, err)
	found, err := c.Collection(t.Context(), demoCollection)
	require.NoError(t, err)
	products, err := demoProducts()
	require.NoError(t, err)
	require.Equal(t, len(products), found.Items)
}

// TestSecondSignalEndsAtOnce opens a model whose first file is a pipe that nobody writes to.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	model := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(model, "pinax.yaml"), 0o600))
	s := startServing(t, "--data", filepath.Join(t.TempDir(), "data"), "--set", "encoder.model="+model)
	require.NoError(t, s.Process.Signal(syscall.SIGTERM))
	s.until(t, "a second signal ends the process at once")
	require.NoError(t, s.Process.Signal(syscall.SIGTERM))
	for s.log.Scan() {
	}
	var exit *exec.ExitError
	require.True(t, errors.As(s.Wait(), &exit))
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGTERM, status.Signal())
	require.NoError(t, os.RemoveAll(model))
}
