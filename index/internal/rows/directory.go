package rows

import "sync/atomic"

// Directory is a list of chunks that one writer grows while any number of readers look chunks up without a lock. Chunks
// never move: growing replaces the list of pointers only.
type Directory[C any] struct {
	chunks atomic.Pointer[[]*C]
}

// At returns chunk i.
func (d *Directory[C]) At(i uint32) *C { return (*d.chunks.Load())[i] }

// Len returns the number of chunks.
func (d *Directory[C]) Len() int {
	if p := d.chunks.Load(); p != nil {
		return len(*p)
	}
	return 0
}

// Grow appends a chunk. Only the writer calls it.
func (d *Directory[C]) Grow(c *C) {
	var chunks []*C
	if p := d.chunks.Load(); p != nil {
		chunks = *p
	}
	// append may write into spare room behind the list that readers hold, where they never look.
	chunks = append(chunks, c)
	d.chunks.Store(&chunks)
}
