package embedded

import "unsafe"

// readAhead has the system read what lies behind the values that a cursor comes to. bbolt maps its file with the advice to
// read no page that is not asked for, which is right for single values, and has a reader of all of them wait for the disk
// at every page. The tree's pages lie nearly in the order of its keys where those only grow.
type readAhead struct {
	from, to uintptr // what is asked for already
}

const (
	readAheadBytes = 8 << 20
	readAheadLeft  = readAheadBytes / 2 // the next part is asked for when so much of the last is left
)

// at tells that the cursor is at a value.
func (r *readAhead) at(value []byte) {
	here := uintptr(unsafe.Pointer(unsafe.SliceData(value)))
	if here >= r.from && here+readAheadLeft < r.to {
		return
	}
	r.from, r.to = here, here+readAheadBytes
	advise(value, readAheadBytes)
}
