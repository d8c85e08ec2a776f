package encoder

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/onnx"
	"pinax/engine"
)

func TestAttempts(t *testing.T) {
	gpu, bundled := onnx.Library{Cache: "c", GPU: "gpu"}, onnx.Library{Cache: "c"}
	for _, c := range []struct {
		name     string
		provider onnx.Provider
		nvidia   bool
		want     []attempt
	}{
		{"auto with a GPU", Auto, true, []attempt{{onnx.CUDA, gpu}, {onnx.CPU, bundled}}},
		{"auto without", Auto, false, []attempt{{onnx.CPU, bundled}}},
		{"cuda", onnx.CUDA, true, []attempt{{onnx.CUDA, gpu}}},
		{"cuda where there is no GPU", onnx.CUDA, false, []attempt{{onnx.CUDA, gpu}}},
		{"tensorrt", onnx.TensorRT, true, []attempt{{onnx.TensorRT, gpu}}},
		{"the CPU although there is a GPU", onnx.CPU, true, []attempt{{onnx.CPU, bundled}}},
		{"openvino", onnx.OpenVINO, true, []attempt{{onnx.OpenVINO, bundled}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Options{Provider: c.provider, Library: gpu}.attempts(c.nvidia))
		})
	}
}

// captureLog returns what is logged until the test ends.
func captureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

func TestFirstThat(t *testing.T) {
	noDriver := providerError(onnx.CUDA, errors.New("the driver is too old"))
	on := func(working ...onnx.Provider) func(attempt) (*Encoder, error) {
		return func(a attempt) (*Encoder, error) {
			for _, p := range working {
				if a.provider == p {
					return &Encoder{info: engine.EncoderInfo{Provider: string(p)}}, nil
				}
			}
			return nil, noDriver
		}
	}
	both := []attempt{{provider: onnx.CUDA}, {provider: onnx.CPU}}

	t.Run("a named one fails", func(t *testing.T) {
		log := captureLog(t)
		_, _, err := firstThat(both[:1], on(onnx.CPU))
		require.ErrorIs(t, err, noDriver)
		require.Contains(t, asError(t, err).Hint, "make gpu")
		require.Empty(t, log.String(), "an error needs no warning beside it")
	})
	t.Run("the best works", func(t *testing.T) {
		log := captureLog(t)
		e, fallback, err := firstThat(both, on(onnx.CUDA, onnx.CPU))
		require.NoError(t, err)
		require.Equal(t, "cuda", e.info.Provider)
		require.Empty(t, fallback)
		require.Empty(t, log.String())
	})
	t.Run("the best fails", func(t *testing.T) {
		log := captureLog(t)
		e, fallback, err := firstThat(both, on(onnx.CPU))
		require.NoError(t, err)
		require.Equal(t, "cpu", e.info.Provider)
		require.Equal(t, "the provider cuda cannot be used; the log tells why", fallback)
		for _, part := range []string{"level=WARN", "GPU IS NOT USED", "the driver is too old", "make gpu"} {
			require.Contains(t, log.String(), part)
		}
	})
	t.Run("the model is damaged", func(t *testing.T) {
		log := captureLog(t)
		_, _, err := firstThat(both, func(attempt) (*Encoder, error) { return nil, damaged("x: %w", onnx.ErrModel) })
		requireCode(t, engine.CodeDamaged, err)
		require.Empty(t, log.String(), "the GPU is not to blame")
	})
	t.Run("all fail", func(t *testing.T) {
		captureLog(t)
		_, _, err := firstThat(both, on())
		require.ErrorIs(t, err, noDriver)
	})
}

func TestJudge(t *testing.T) {
	work := func(nodes int, took time.Duration) onnx.Work { return onnx.Work{Nodes: nodes, Time: took} }
	for _, c := range []struct {
		name      string
		provider  onnx.Provider
		placement onnx.Placement
		fails     bool
		warns     bool
	}{
		{"nothing of it", onnx.CUDA, onnx.Placement{onnx.CPU: work(100, time.Second)}, true, false},
		{"shapes alone on the CPU", onnx.CUDA, onnx.Placement{onnx.CPU: work(9, 1), onnx.CUDA: work(200, 99)}, false, false},
		{"most on the CPU", onnx.CUDA, onnx.Placement{onnx.CPU: work(9, 60), onnx.CUDA: work(200, 40)}, false, true},
		{"compiled to one node", onnx.OpenVINO, onnx.Placement{onnx.OpenVINO: work(1, 5)}, false, false},
		{"TensorRT with some CUDA", onnx.TensorRT, onnx.Placement{onnx.TensorRT: work(1, 30), onnx.CUDA: work(5, 30), onnx.CPU: work(1, 40)}, false, false},
		{"CUDA in the place of TensorRT", onnx.TensorRT, onnx.Placement{onnx.CUDA: work(5, 30)}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			warning, err := judge(c.provider, c.placement)
			require.Equal(t, c.fails, err != nil, "%v", err)
			require.Equal(t, c.warns, warning != "", warning)
			if c.fails {
				require.ErrorIs(t, err, onnx.ErrProvider)
			}
		})
	}
}

// TestNamedProviderIsUsedOrFails asks the bundled library for what it was built without.
func TestNamedProviderIsUsedOrFails(t *testing.T) {
	openBundled(t, Options{}) // skips without a library
	if os.Getenv("PINAX_RUNTIME_LIBRARY") != "" {
		t.Skip("NOT TESTED, PINAX_RUNTIME_LIBRARY names a library of unknown providers")
	}
	for _, p := range []onnx.Provider{onnx.CUDA, onnx.TensorRT, onnx.OpenVINO, onnx.DirectML, "abacus"} {
		t.Run(string(p), func(t *testing.T) {
			_, err := Open(os.DirFS(bundledModel), Options{Provider: p})
			requireCode(t, engine.CodeUnavailable, err)
			require.ErrorIs(t, err, onnx.ErrProvider)
			require.Contains(t, asError(t, err).Detail, string(p))
			require.Contains(t, asError(t, err).Hint, "auto")
		})
	}
}

// TestProve holds the CPU to the proof that other providers must give.
func TestProve(t *testing.T) {
	openBundled(t, Options{})
	f, err := readFolder(os.DirFS(bundledModel), AnyPrecision)
	require.NoError(t, err)
	rt, err := onnx.Start(onnx.Library{Path: os.Getenv("PINAX_RUNTIME_LIBRARY")})
	require.NoError(t, err)
	warning, err := prove(loader{runtime: rt, options: onnx.SessionOptions{Provider: onnx.CPU}}, f, DefaultOptions())
	require.NoError(t, err)
	require.Empty(t, warning)
}

func TestGPULibrariesThatAreNotThere(t *testing.T) {
	_, err := Open(os.DirFS(bundledModel), Options{Provider: onnx.CUDA, Library: onnx.Library{GPU: t.TempDir()}})
	requireCode(t, engine.CodeUnavailable, err)
	require.ErrorIs(t, err, onnx.ErrNoGPULibraries)
	require.Contains(t, asError(t, err).Hint, "make gpu")
}

func TestBatchSizes(t *testing.T) {
	require.Equal(t, 16, Options{}.batchImages(0))
	require.Equal(t, 64, Options{}.batchImages(2))
	require.Equal(t, 256, Options{}.batchTexts(2))
	require.Equal(t, 5, Options{BatchTexts: 5}.batchTexts(2))
	require.Equal(t, 7, Options{Threads: 7}.workers(0))
	require.Equal(t, 8, Options{Threads: 7}.workers(4))
}

// TestOpenVINO needs an ONNX Runtime that was built with it, as PINAX_RUNTIME_LIBRARY may name: the package
// onnxruntime-openvino has one.
func TestOpenVINO(t *testing.T) {
	library := os.Getenv("PINAX_RUNTIME_LIBRARY")
	if library == "" {
		t.Skip("NOT TESTED, set PINAX_RUNTIME_LIBRARY to an ONNX Runtime with OpenVINO")
	}
	e, err := Open(os.DirFS(bundledModel), Options{Provider: onnx.OpenVINO, Library: onnx.Library{Path: library}})
	if errors.Is(err, onnx.ErrProvider) {
		t.Skip("NOT TESTED, PINAX_RUNTIME_LIBRARY was built without OpenVINO")
	}
	require.NoError(t, err)
	defer e.Close()
	require.Equal(t, "openvino", e.Info().Provider)
	require.Empty(t, e.Info().Fallback)
	g := readGolden(t)
	for _, text := range g.Texts {
		vectors, err := e.EncodeTexts(t.Context(), []string{text.Text})
		require.NoError(t, err)
		require.Greater(t, cosine(text.Vector, vectors[0]), 0.9999, text.Text)
	}
	for _, p := range g.Pictures {
		images, err := e.EncodeImages(t.Context(), [][]byte{readPicture(t, p.File)})
		require.NoError(t, err)
		require.Greater(t, cosine(p.Vector, images[0].Vector), 0.9999, p.File)
	}
}
