package encoder

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
)

// span is the time of one stage's run.
type span struct{ start, end time.Time }

// spans is an Observer that remembers when decoding and runs of the vision tower were.
type spans struct {
	mu      sync.Mutex
	decodes []span
	runs    []span
	sizes   []int // of the runs
}

func (s *spans) Observe(stage engine.Stage, took time.Duration, n int) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch stage {
	case engine.StageDecode:
		s.decodes = append(s.decodes, span{now.Add(-took), now})
	case engine.StageEncodeImage:
		s.runs = append(s.runs, span{now.Add(-took), now})
		s.sizes = append(s.sizes, n)
	}
}

// TestDecodingOverlapsWithRuns has one worker for each and many callers with one picture each: while a batch runs the
// next ones are decoded, and they come together in batches across callers.
func TestDecodingOverlapsWithRuns(t *testing.T) {
	s := &spans{}
	e := openBundled(t, Options{Threads: 1, Observer: s})
	s.runs, s.sizes = nil, nil // the warm-up's
	large := readPicture(t, "shirt_large.jpg")
	var callers sync.WaitGroup
	for range 40 {
		callers.Go(func() {
			images, err := e.EncodeImages(t.Context(), [][]byte{large})
			if err != nil || images[0].Err != nil {
				t.Errorf("%v %+v", err, images)
			}
		})
	}
	callers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var overlapping, encoded int
	for _, run := range s.runs {
		for _, decode := range s.decodes {
			if decode.start.Before(run.end) && run.start.Before(decode.end) {
				overlapping++
				break
			}
		}
	}
	for _, n := range s.sizes {
		encoded += n
	}
	require.Equal(t, 40, encoded)
	require.Greater(t, overlapping, len(s.runs)/2, "most of %d runs have a picture decoded meanwhile", len(s.runs))
}
