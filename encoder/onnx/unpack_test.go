package onnx

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Environment variables that make the test binary do one thing and end, instead of testing.
const (
	unpackInto  = "PINAX_TEST_UNPACK_INTO"  // unpack into this folder
	startedFrom = "PINAX_TEST_STARTED_FROM" // load this library
	gpuStarted  = "PINAX_TEST_GPU_STARTED"  // load the libraries of this folder and run on CUDA
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(unpackInto); dir != "" {
		file, err := unpack(dir, "lib.so", contents())
		if err != nil || !holds(file, contents()) {
			fmt.Fprintln(os.Stderr, "unpacked file is wrong:", file, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(startedFrom); path != "" {
		if _, err := Start(Library{Path: path}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(gpuStarted); dir != "" {
		if err := runOnCUDA(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// contents stands for a library: 4 MB, the same in every process.
func contents() []byte {
	data := make([]byte, 4<<20)
	random := rand.NewChaCha8([32]byte{7})
	random.Read(data)
	return data
}

func TestUnpackRepairs(t *testing.T) {
	data := contents()
	cases := []struct {
		name   string
		damage func(t *testing.T, file string)
	}{
		{"missing", func(t *testing.T, file string) { require.NoError(t, os.Remove(file)) }},
		{"empty", func(t *testing.T, file string) { rewrite(t, file, nil) }},
		{"truncated", func(t *testing.T, file string) { rewrite(t, file, data[:len(data)-1]) }},
		{"too long", func(t *testing.T, file string) { rewrite(t, file, append(bytes.Clone(data), 0)) }},
		{"one bit", func(t *testing.T, file string) {
			changed := bytes.Clone(data)
			changed[len(changed)/2] ^= 1
			rewrite(t, file, changed)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file, err := unpack(dir, "lib.so", data)
			require.NoError(t, err)
			c.damage(t, file)
			again, err := unpack(dir, "lib.so", data)
			require.NoError(t, err)
			require.Equal(t, file, again)
			require.True(t, holds(file, data))
			requireNoLeftovers(t, file)
		})
	}
}

func rewrite(t *testing.T, file string, data []byte) {
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.WriteFile(file, data, 0o600))
}

func requireNoLeftovers(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestUnpackLeavesAGoodFileAlone(t *testing.T) {
	dir := t.TempDir()
	file, err := unpack(dir, "lib.so", contents())
	require.NoError(t, err)
	before, err := os.Stat(file)
	require.NoError(t, err)
	_, err = unpack(dir, "lib.so", contents())
	require.NoError(t, err)
	after, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
}

func TestUnpackSeparatesContents(t *testing.T) {
	dir := t.TempDir()
	one, err := unpack(dir, "lib.so", []byte("one"))
	require.NoError(t, err)
	two, err := unpack(dir, "lib.so", []byte("two"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	require.True(t, holds(one, []byte("one")))
}

func TestUnpackRemovesOldLeftovers(t *testing.T) {
	dir := t.TempDir()
	file, err := unpack(dir, "lib.so", []byte("one"))
	require.NoError(t, err)
	old, young := filepath.Join(filepath.Dir(file), ".unpack-1"), filepath.Join(filepath.Dir(file), ".unpack-2")
	require.NoError(t, os.WriteFile(old, nil, 0o600))
	require.NoError(t, os.WriteFile(young, nil, 0o600))
	long := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(old, long, long))
	require.NoError(t, os.Remove(file))
	_, err = unpack(dir, "lib.so", []byte("one"))
	require.NoError(t, err)
	require.NoFileExists(t, old)
	require.FileExists(t, young, "somebody may be writing it")
}

// TestUnpackProcesses starts processes at once, a damaged file in their way.
func TestUnpackProcesses(t *testing.T) {
	dir := t.TempDir()
	file, err := unpack(dir, "lib.so", contents())
	require.NoError(t, err)
	rewrite(t, file, []byte("damaged"))
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			process := exec.Command(os.Args[0])
			process.Env = append(os.Environ(), unpackInto+"="+dir)
			if output, err := process.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	all.Wait()
	require.True(t, holds(file, contents()))
	requireNoLeftovers(t, file)
}

func TestUnpackIntoNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := unpack(filepath.Join(file, "cache"), "lib.so", []byte("one"))
	require.Error(t, err)
}

func TestPrivateTempDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders for temporary files are private on Windows")
	}
	parent := t.TempDir()
	dir, err := privateTempDir(parent)
	require.NoError(t, err)
	again, err := privateTempDir(parent)
	require.NoError(t, err)
	require.Equal(t, dir, again)

	require.NoError(t, os.Chmod(dir, 0o777))
	_, err = privateTempDir(parent)
	require.ErrorContains(t, err, "not a private folder")

	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.Symlink(parent, dir))
	_, err = privateTempDir(parent)
	require.ErrorContains(t, err, "not a private folder", "a link may lead anywhere")
}

func TestHoldsNeedsAFile(t *testing.T) {
	require.False(t, holds(t.TempDir(), nil), "a folder")
	require.False(t, holds(filepath.Join(t.TempDir(), "absent"), nil))
}
