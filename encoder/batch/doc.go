// Package batch gathers the items of many callers into batches, because models run faster on many items at once.
//
//	queue := batch.New(batch.Options{MaxItems: 16, Workers: 2, Capacity: 256, MaxBlocked: 256}, run)
//	vector, err := queue.Do(ctx, pixels)
//	defer queue.Close()
//
// Batching is adaptive: an idle worker takes at once whatever waits, be it one item, and while all workers are busy the
// next batches grow. So a lone caller never waits for company, and under load batches fill by themselves.
//
// Memory is bounded: Capacity items wait, MaxBlocked callers wait for room, and everybody beyond them is refused with
// ErrFull at once. An item whose caller has gone is dropped before it runs.
package batch
