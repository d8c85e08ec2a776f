package onnx

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// layouts are the ways to spread runs over two cores.
var layouts = []struct{ callers, threads int }{{1, 1}, {2, 1}, {1, 2}}

// runParallel shares b.N runs of n items among callers and reports items per second.
func runParallel(b *testing.B, callers, n int, run func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := run(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "items/s")
}

func BenchmarkVision(b *testing.B) {
	for _, layout := range layouts {
		for _, n := range []int{1, 4, 8, 16, 32} {
			b.Run(fmt.Sprintf("callers=%d/threads=%d/batch=%d", layout.callers, layout.threads, n), func(b *testing.B) {
				s := openTower(b, "vision", SessionOptions{Threads: layout.threads})
				pixels := noise(1, n*3*80*80)
				runParallel(b, layout.callers, n, func() error {
					return s.Run([]Tensor{{Name: "pixel_values", Shape: []int64{int64(n), 3, 80, 80}, Floats: pixels}},
						"image_embeds", []int64{int64(n), 256}, make([]float32, n*256))
				})
			})
		}
	}
}

func BenchmarkText(b *testing.B) {
	for _, layout := range layouts {
		for _, length := range []int{6, 12, 24} {
			for _, n := range []int{1, 8, 32, 64} {
				name := fmt.Sprintf("callers=%d/threads=%d/tokens=%d/batch=%d", layout.callers, layout.threads, length, n)
				b.Run(name, func(b *testing.B) {
					s := openTower(b, "text", SessionOptions{Threads: layout.threads})
					ids, mask := make([]int64, n*length), make([]int64, n*length)
					for i := range ids {
						ids[i], mask[i] = int64(5+i), 1
					}
					shape := []int64{int64(n), int64(length)}
					runParallel(b, layout.callers, n, func() error {
						return s.Run([]Tensor{{Name: "input_ids", Shape: shape, Ints: ids}, {Name: "attention_mask", Shape: shape, Ints: mask}},
							"text_embeds", []int64{int64(n), 256}, make([]float32, n*256))
					})
				})
			}
		}
	}
}
