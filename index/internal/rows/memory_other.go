//go:build !unix

package rows

const canMap = false

// newMapping returns nil: the memory of the heap will do.
func newMapping(int) *block { return nil }
