package encoder

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// pixelBudget bounds how many pixels are being decoded at once. The number of workers does not: on a large machine as many
// large pictures would fill the memory.
type pixelBudget struct {
	all  int64
	free *semaphore.Weighted
}

func newPixelBudget(pixels int64) pixelBudget {
	return pixelBudget{all: pixels, free: semaphore.NewWeighted(pixels)}
}

// take waits for the pixels of one picture and returns how to give them back. Who comes first is served first, so that
// small pictures do not keep a large one waiting for ever. A picture beyond the whole budget takes all of it. Its error is
// the context's.
func (b pixelBudget) take(ctx context.Context, pixels int64) (release func(), err error) {
	n := min(pixels, b.all)
	if err := b.free.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { b.free.Release(n) }, nil
}
