// Package deprule proves that the linter enforces the dependency rule of ARCHITECTURE.md: it writes a small module with
// the project's own linter settings, in which each room imports something, and looks which imports are refused.
package deprule

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var cases = []struct {
	room, imports string
	refused       bool
}{
	{"engine", "golang.org/x/text/unicode/norm", false},
	{"engine", "github.com/google/uuid", false},
	{"engine", "pinax/web", true},
	{"engine", "pinax/storage/embedded", true},
	{"engine", "pinax/encoder", true},
	{"engine", "pinax/index", true},
	{"engine", "go.etcd.io/bbolt", true},
	{"engine", "github.com/yalue/onnxruntime_go", true},
	{"engine", "github.com/labstack/echo/v4", true},
	{"index/hnsw", "pinax/index", false},
	{"index/hnsw", "golang.org/x/sys/cpu", false},
	{"index/hnsw", "pinax/engine", true},
	{"index/hnsw", "pinax/storage/embedded", true},
	{"encoder", "pinax/engine", false},
	{"encoder", "pinax/encoder/onnx", false},
	{"encoder", "pinax/storage/embedded", true},
	{"encoder", "pinax/index", true},
	{"encoder", "pinax/web", true},
	{"encoder/picture", "golang.org/x/image/tiff", false},
	{"encoder/picture", "pinax/engine", true},
	{"encoder/picture", "pinax/encoder", true},
	{"encoder/picture", "pinax/encoder/onnx", true},
	{"encoder/tokenizer", "pinax/engine", true},
	{"encoder/batch", "pinax/engine", true},
	{"encoder/batch", "pinax/encoder/tokenizer", true},
	{"encoder/onnx", "github.com/yalue/onnxruntime_go", false},
	{"encoder/onnx", "pinax/engine", true},
	{"encoder/onnx", "pinax/encoder/batch", true},
	{"encoder/graph", "google.golang.org/protobuf/encoding/protowire", false},
	{"encoder/graph", "pinax/encoder/onnx", true},
	{"encoder/cache", "pinax/engine", false},
	{"encoder/cache", "pinax/encoder/onnx", true},
	{"encoder/fusion", "gonum.org/v1/gonum/mat", false},
	{"encoder/fusion", "pinax/encoder/picture", true},
	{"encoder/hub", "pinax/engine", false},
	{"encoder/hub", "pinax/encoder/onnx", true},
	{"encoder/store", "pinax/encoder/hub", false},
	{"encoder/store", "pinax/encoder/picture", true},
	{"encoder/catalogue", "pinax/web", true},
	{"storage/embedded", "pinax/engine", false},
	{"storage/embedded", "pinax/index", false},
	{"storage/embedded", "go.etcd.io/bbolt", false},
	{"storage/embedded", "pinax/encoder", true},
	{"storage/embedded", "pinax/web", true},
	{"storage/embedded", "github.com/stretchr/testify/require", true},
	{"storage/backendtest", "github.com/stretchr/testify/require", false},
	{"storage/backendtest", "pinax/encoder", true},
	{"index/indextest", "github.com/stretchr/testify/require", false},
	{"web", "pinax/engine", false},
	{"web", "pinax/storage/embedded", true},
	{"web", "pinax/encoder", true},
	{"web", "pinax/index", true},
	{"client", "net/http", false},
	{"client", "pinax/engine", true},
	{"models", "pinax/encoder", true},
	{"cmd/pinax", "pinax/web", false},
	{"cmd/pinax", "pinax/storage/embedded", false},
}

// TestRoomsMayImportOnlyWhatTheyAreAllowed runs the linter once over all cases.
func TestRoomsMayImportOnlyWhatTheyAreAllowed(t *testing.T) {
	linter := os.Getenv("PINAX_GOLANGCI")
	if _, err := os.Stat(linter); err != nil {
		t.Skip("PINAX_GOLANGCI names no linter; make lint does")
	}
	refused := lint(t, linter, module(t))
	for _, c := range cases {
		t.Run(c.room+" imports "+c.imports, func(t *testing.T) {
			require.Equal(t, c.refused, refused[file(c.room, c.imports)])
		})
	}
}

// file is the path, in the module, of the file in which a room has one import. Each has a package of its own, because
// together they would import one another in circles, and the linter looks at nothing that does not compile.
func file(room, imports string) string {
	return path.Join(room, "imports_"+strings.NewReplacer("/", "_", ".", "_").Replace(imports), "it.go")
}

// module writes the small module and returns its folder.
func module(t *testing.T) string {
	dir := t.TempDir()
	write := func(name string, source []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, source, 0o600))
	}
	for _, name := range []string{".golangci.yml", "go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		write(name, data)
	}
	for _, c := range cases {
		write(file(c.room, c.imports), []byte("package room\n\nimport _ \""+c.imports+"\"\n"))
		if inside, ok := strings.CutPrefix(c.imports, "pinax/"); ok {
			write(path.Join(inside, "room.go"), []byte("package "+path.Base(inside)+"\n"))
		}
	}
	return dir
}

// lint returns the files of a module that the dependency rule refuses.
func lint(t *testing.T, linter, dir string) map[string]bool {
	run := exec.CommandContext(t.Context(), linter, "run", "--enable-only=depguard", "--output.json.path=stdout",
		"--show-stats=false", "--allow-parallel-runners", "./...")
	run.Dir = dir
	var stderr bytes.Buffer
	run.Stderr = &stderr
	stdout, err := run.Output()
	require.Error(t, err, "the linter found nothing to refuse")

	var report struct {
		Issues []struct {
			FromLinter string
			Pos        struct{ Filename string }
		}
	}
	require.NoError(t, json.NewDecoder(bytes.NewReader(stdout)).Decode(&report), stderr.String())
	refused := map[string]bool{}
	for _, issue := range report.Issues {
		if issue.FromLinter == "depguard" {
			refused[filepath.ToSlash(issue.Pos.Filename)] = true
		}
	}
	return refused
}
