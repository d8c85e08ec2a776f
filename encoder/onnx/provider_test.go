package onnx

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProvidersThatAreNotThere asks the bundled library for what it was built without.
func TestProvidersThatAreNotThere(t *testing.T) {
	if os.Getenv("PINAX_RUNTIME_LIBRARY") != "" {
		t.Skip("NOT TESTED, PINAX_RUNTIME_LIBRARY names a library of unknown providers")
	}
	rt := startBundled(t)
	for _, p := range append(Providers(), "abacus") {
		if p == CPU || p == CoreML {
			continue
		}
		t.Run(string(p), func(t *testing.T) {
			_, err := rt.NewSession(readModel(t, "text"), SessionOptions{Provider: p, Devices: []int{0}})
			require.ErrorIs(t, err, ErrProvider)
			require.ErrorContains(t, err, string(p))
			require.NotErrorIs(t, err, ErrModel)
		})
	}
}

func TestProviderOptions(t *testing.T) {
	o := SessionOptions{MemoryLimit: 1 << 30, EngineCache: "engines", Threads: 3}
	cuda := cudaOptions(2, o)
	require.Equal(t, "2", cuda["device_id"])
	require.Equal(t, "1073741824", cuda["gpu_mem_limit"])
	require.Equal(t, "kSameAsRequested", cuda["arena_extend_strategy"])
	require.Equal(t, "0", cudaOptions(-1, SessionOptions{})["device_id"])
	require.NotContains(t, cudaOptions(-1, SessionOptions{}), "gpu_mem_limit")

	tensorRT := tensorRTOptions(1, o)
	require.Equal(t, "1", tensorRT["device_id"])
	require.Equal(t, "engines", tensorRT["trt_engine_cache_path"])
	require.NotContains(t, tensorRTOptions(1, SessionOptions{}), "trt_engine_cache_enable")

	require.Equal(t, map[string]string{"device_type": "GPU.1", "num_of_threads": "3"}, openVINOOptions(1, o))
	require.Equal(t, "CPU", openVINOOptions(-1, o)["device_type"])
}

func TestDevices(t *testing.T) {
	for _, c := range []struct {
		name    string
		options SessionOptions
		want    []int
	}{
		{"nothing", SessionOptions{}, []int{-1}},
		{"the CPU has none", SessionOptions{Provider: CPU, Devices: []int{0, 1}}, []int{-1}},
		{"its own choice", SessionOptions{Provider: CUDA}, []int{-1}},
		{"two", SessionOptions{Provider: CUDA, Devices: []int{2, 0}}, []int{2, 0}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.options.devices()) })
	}
}

// TestReplicasShareRuns lets one device stand still: all other runs go to the other one.
func TestReplicasShareRuns(t *testing.T) {
	r := newReplicas([]string{"a", "b"}, 2)
	var stuck sync.WaitGroup
	leave := make(chan struct{})
	entered := make(chan string)
	for range 2 {
		stuck.Go(func() {
			// The two take one slot of each device; both are held on a device "a" or "b" of their own.
			require.NoError(t, r.do(func(device string) error { entered <- device; <-leave; return nil }))
		})
	}
	require.ElementsMatch(t, []string{"a", "b"}, []string{<-entered, <-entered}, "each device gets one before any gets two")
	counts := map[string]int{}
	for range 10 {
		require.NoError(t, r.do(func(device string) error { counts[device]++; return nil }))
	}
	require.Equal(t, map[string]int{"a": 5, "b": 5}, counts)
	close(leave)
	stuck.Wait()

	broken := errors.New("broken")
	for range 10 { // a failed run gives its slot back
		require.ErrorIs(t, r.do(func(string) error { return broken }), broken)
	}
	require.Len(t, r.free, 4)
}

func TestReplicasWaitForAFreeOne(t *testing.T) {
	r := newReplicas([]string{"a"}, 1)
	var running, most int
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 50 {
				require.NoError(t, r.do(func(string) error {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					mu.Lock()
					running--
					mu.Unlock()
					return nil
				}))
			}
		})
	}
	callers.Wait()
	require.Equal(t, 1, most)
}

// TestOneReplicaOfTheCPU has no limit of its own: the two runs are in it at the same time.
func TestOneReplicaOfTheCPU(t *testing.T) {
	r := newReplicas([]string{"cpu"}, CPU.parallel())
	require.NoError(t, r.do(func(string) error { return r.do(func(string) error { return nil }) }))
}

func TestPlacementRefuses(t *testing.T) {
	for name, profile := range map[string]string{"nothing": "", "another format": "{}", "cut off": `[{"cat":"Node"`} {
		t.Run(name, func(t *testing.T) { require.Error(t, Placement{}.add([]byte(profile))) })
	}
	profile, err := NewProfile()
	require.NoError(t, err)
	defer profile.Close()
	_, err = profile.Placements()
	require.ErrorContains(t, err, "nothing", "no session wrote anything")
}

func TestPlacement(t *testing.T) {
	p := Placement{}
	require.NoError(t, p.add([]byte(`[
		{"cat":"Session","name":"session_initialization","dur":900,"args":{}},
		{"cat":"Node","name":"a_kernel_time","dur":30,"args":{"op_name":"MatMul","provider":"CUDAExecutionProvider"}},
		{"cat":"Node","name":"b_kernel_time","dur":60,"args":{"op_name":"Add","provider":"CUDAExecutionProvider"}},
		{"cat":"Node","name":"b_fence_before","dur":5,"args":{"op_name":"Add"}},
		{"cat":"Node","name":"c_kernel_time","dur":10,"args":{"op_name":"Shape","provider":"CPUExecutionProvider"}},
		{"cat":"Node","name":"d_kernel_time","dur":0,"args":{"op_name":"X","provider":"OtherExecutionProvider"}}]`)))
	require.InDelta(t, 0.9, p.Share(CUDA), 1e-9)
	require.InDelta(t, 0.1, p.Share(CPU), 1e-9)
	require.Zero(t, p.Share(TensorRT))
	require.Zero(t, Placement{}.Share(CPU))
	require.Equal(t, "OtherExecutionProvider: 1 nodes in 0s, cpu: 1 nodes in 10µs, cuda: 2 nodes in 90µs", p.String())
}

// TestPlacementOfTheCPU reads a profile that the library wrote.
func TestPlacementOfTheCPU(t *testing.T) {
	profile, err := NewProfile()
	require.NoError(t, err)
	for _, tower := range []string{"text", "text"} { // two sessions within a second
		s, err := startBundled(t).NewSession(readModel(t, tower), SessionOptions{Profile: profile})
		require.NoError(t, err)
		one := []int64{1, 1}
		require.NoError(t, s.Run([]Tensor{{Name: "input_ids", Shape: one, Ints: []int64{3}}, {Name: "attention_mask", Shape: one, Ints: []int64{1}}},
			"text_embeds", []int64{1, 256}, make([]float32, 256)))
		require.NoError(t, s.Close())
	}
	placements, err := profile.Placements()
	require.NoError(t, err)
	require.Len(t, placements, 2)
	for _, placement := range placements {
		require.InDelta(t, 1, placement.Share(CPU), 1e-9)
		require.Greater(t, placement[CPU].Nodes, 20)
	}
	require.NoError(t, profile.Close())
	require.NoDirExists(t, profile.dir)
}

// runOnCUDA is what TestCUDA does in a process of its own: a process has one library.
func runOnCUDA(dir string) error {
	rt, err := Start(Library{GPU: dir})
	if err != nil {
		return err
	}
	model, err := os.ReadFile(bundledModel + "vision_model.onnx")
	if err != nil {
		return err
	}
	profile, err := NewProfile()
	if err != nil {
		return err
	}
	defer profile.Close()
	s, err := rt.NewSession(model, SessionOptions{Provider: CUDA, Profile: profile})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Run([]Tensor{{Name: "pixel_values", Shape: []int64{2, 3, 80, 80}, Floats: noise(1, 2*3*80*80)}},
		"image_embeds", []int64{2, 256}, make([]float32, 512)); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	placements, err := profile.Placements()
	if err == nil && placements[0].Share(CUDA) < 0.5 {
		return errors.New("it ran elsewhere: " + placements[0].String())
	}
	return err
}

// TestCUDA loads the libraries that `make gpu` fetches. Where there is a GPU the model must run on it; where there is
// none, the libraries must load and the reason must be the driver's.
func TestCUDA(t *testing.T) {
	dir := os.Getenv("PINAX_GPU")
	if dir == "" {
		t.Skip("NOT TESTED, set PINAX_GPU to the folder that `make gpu` fills")
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), gpuStarted+"="+dir)
	output, err := process.CombinedOutput()
	if HasNVIDIA() {
		require.NoError(t, err, "%s", output)
		return
	}
	require.Error(t, err)
	last := strings.ToLower(string(output))
	require.Contains(t, last, ErrProvider.Error())
	require.Contains(t, last, "cuda failure")
	require.NotContains(t, last, "cannot open shared object")
}
