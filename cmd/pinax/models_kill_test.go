package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub/hubtest"
)

// TestPullThatIsEndedGoesOn ends a pull in the middle of a file, once by force and once by asking, and then lets it finish.
func TestPullThatIsEndedGoesOn(t *testing.T) {
	needLibrary(t)
	for name, end := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "asked to stop": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			server, data := atHub(t), t.TempDir()
			stallInside(t, server, "onnx/vision_model.onnx")
			cmd := command(context.WithoutCancel(t.Context()), "models", "pull", "owner/mini", "--data", data)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			require.NoError(t, cmd.Start())
			waitForBytes(filepath.Join(data, "models", ".pull-owner--mini@0123456789ab", "onnx", "vision_model.onnx.part"))
			require.NoError(t, cmd.Process.Signal(end))
			var exit *exec.ExitError
			require.True(t, errors.As(cmd.Wait(), &exit))
			if end == syscall.SIGTERM {
				require.Contains(t, errs.String(), "run the same command again")
			}
			listed := listModels(t, "--data", data)
			require.Empty(t, listed.Installed, "half a model is none")
			require.Equal(t, []string{"owner--mini@0123456789ab"}, listed.Unfinished)

			server.SetIntercept(nil)
			must(t, "models", "pull", "owner/mini", "--data", data)
			require.True(t, slices.ContainsFunc(server.Requests(), func(r hubtest.Request) bool {
				return strings.HasSuffix(r.Path, "vision_model.onnx") && r.Range != ""
			}), "it went on in the middle of the file")
			must(t, "models", "verify", "--data", data)
			require.Empty(t, listModels(t, "--data", data).Unfinished)
		})
	}
}

// stallInside makes a hub send half of a file and then nothing.
func stallInside(t *testing.T, server *hubtest.Server, path string) {
	t.Helper()
	content, err := os.ReadFile("../../models/pinax-mini/" + path)
	require.NoError(t, err)
	server.SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
}

// waitForBytes waits until there is something in a file.
func waitForBytes(name string) {
	for {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
