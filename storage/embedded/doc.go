// Package embedded keeps collections in one folder of this machine: items, vectors and graphs in a bbolt database,
// pictures as files beside it, vector indexes in memory. It implements [engine.Backend].
//
//	store, err := embedded.Open("data", embedded.DefaultOptions())
//	outcomes, err := store.Upsert(ctx, "shop", writes)
//	matches, err := store.Nearest(ctx, "shop", engine.VectorQuery{Vector: v, Modality: engine.ModalityImage, Limit: 10})
//	err = store.Close()
//
// # The way of a write
//
// The caller's goroutine checks the record, encodes it, writes and syncs its pictures, and hands it to the one writer
// goroutine. The writer takes all that waits, applies it in one transaction, commits it (one fsync for all), links the
// new vectors into the in-memory indexes and then answers the callers. So a write that was acknowledged is on the disk and
// can be found, and many callers share the cost of a commit.
//
// # What is the truth
//
// The database is. A picture that it noted as removed is swept, and one that it does not know is left alone. A graph is an
// index that [Open] brings up to date, or builds anew, from the vectors. The formats are described in
// docs/format/database.md and docs/format/pictures.md.
package embedded
