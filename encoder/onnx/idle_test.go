package onnx

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asleep waits until a session has unloaded its model.
func asleep(s *Session) {
	for {
		s.gate.RLock()
		resting := s.replicas == nil
		s.gate.RUnlock()
		if resting {
			return
		}
		runtime.Gosched()
	}
}

func openIdle(t *testing.T, idle time.Duration) *Session {
	t.Helper()
	s, err := startBundled(t).OpenSession("testdata/external.onnx", SessionOptions{Idle: idle})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestIdleSessionComesBack(t *testing.T) {
	s := openIdle(t, time.Nanosecond)
	for range 3 {
		asleep(s)
		got := make([]float32, 2)
		require.NoError(t, s.Run([]Tensor{{Name: "x", Shape: []int64{1, 2}, Floats: []float32{1, 2}}}, "y", []int64{1, 2}, got))
		require.Equal(t, []float32{3, 10}, got)
	}
	asleep(s)
	require.NoError(t, s.Close(), "closed while it rests")
	require.ErrorIs(t, s.Run(nil, "y", nil, nil), ErrClosed)
}

func TestIdleSessionUnderLoad(t *testing.T) {
	s := openIdle(t, time.Nanosecond)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for i := range 100 {
				x := float32(i)
				got := make([]float32, 2)
				err := s.Run([]Tensor{{Name: "x", Shape: []int64{1, 2}, Floats: []float32{x, x}}}, "y", []int64{1, 2}, got)
				if err != nil || !slices.Equal(got, []float32{3 * x, 5 * x}) {
					t.Errorf("%v gave %v, %v", x, got, err)
				}
			}
		})
	}
	callers.Wait()
}

func TestBusySessionDoesNotRest(t *testing.T) {
	s := openIdle(t, time.Hour)
	s.rest() // as if the timer had fired just when a run ended
	require.NotNil(t, s.replicas)
	require.Nil(t, openFile(t, "testdata/external.onnx").load, "a session that never rests keeps no model")
}
