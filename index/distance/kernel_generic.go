//go:build !amd64 || purego

package distance

// Accelerated tells whether vector instructions are in use.
func Accelerated() bool { return false }

func dot(a, b []float32) float32 { return dotGo(a, b) }

func dot4(query, r0, r1, r2, r3 []float32, out *[4]float32) { dot4Go(query, r0, r1, r2, r3, out) }

func prefetch([]float32) {}
