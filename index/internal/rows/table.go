// Package rows numbers the vectors of an index: it gives each key a slot, a number that is used again when the key is
// gone, so that one writer can add, hide and reuse slots while any number of readers look at them without a lock. What
// belongs to a slot lies in columns, flat memory that never moves.
//
//	table := rows.New()
//	vectors := rows.NewColumn[float32](256)
//	slot := table.Take()
//	vectors.Grow(table.End())
//	copy(vectors.Row(slot), vector)
//	table.Put(slot, key)
//	table.Show(slot)
//
//	guard := table.Enter()
//	defer table.Leave(guard)
//	score := distance.Dot(query, vectors.Row(slot))
//
// A slot lives through these states: taken (only the writer knows it), shown (readers find it), hidden (readers may still
// be looking at it), retired (no new reader gets to it), and, when all readers from before are gone, free to be taken
// again.
package rows

import "sync/atomic"

// MaxSlots is the number of slots that a Table can hold. Users pack a flag beside a slot into 32 bits.
const MaxSlots = 1<<31 - 2

// Table is a growing set of slots with their keys. Methods marked "writer" must not run beside one another; all others
// are safe for concurrent use, those that take a slot between Enter and Leave.
type Table struct {
	keys   *Column[uint64]
	shown  Bits
	end    atomic.Uint32 // slots below it were taken at least once
	live   atomic.Int64
	held   atomic.Int64 // bytes of the lookup and the lists of slots
	epochs epochs

	// The writer's. Hidden slots on their way to reuse: see epochs for why there are two waiting rooms.
	lookup  lookup // of keys that were put and not hidden; readers beside the writer hold its lock
	free    []uint32
	waiting []uint32 // retired in the epoch before
	retired []uint32 // retired in the current epoch
}

// New returns an empty Table.
func New() *Table {
	keys := NewColumn[uint64](1)
	return &Table{keys: keys, shown: NewBits(), lookup: lookup{keys: keys}}
}

// Enter begins reading: until Leave, no slot that can be reached now is given to another key.
func (t *Table) Enter() (guard uint64) { return t.epochs.enter() }

// Leave ends reading.
func (t *Table) Leave(guard uint64) { t.epochs.leave(guard) }

// Len returns the number of slots shown.
func (t *Table) Len() int { return int(t.live.Load()) }

// End returns a bound: every slot shown is below it.
func (t *Table) End() uint32 { return t.end.Load() }

// Key returns the key of a slot.
func (t *Table) Key(slot uint32) uint64 { return *t.keys.At(slot) }

// Shown tells whether a slot is shown.
func (t *Table) Shown(slot uint32) bool { return t.shown.Has(slot) }

// Resolve appends the slots of those of keys that are shown to slots.
func (t *Table) Resolve(keys []uint64, slots []uint32) []uint32 {
	t.lookup.changes.RLock()
	defer t.lookup.changes.RUnlock()
	for _, key := range keys {
		if slot, ok := t.lookup.get(key); ok && t.Shown(slot) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// Find returns the slot of a key that was put and not hidden. Writer.
func (t *Table) Find(key uint64) (slot uint32, ok bool) { return t.lookup.get(key) }

// Take returns a slot that no reader can be looking at. Its rows in columns may hold what they held for another key; the
// caller grows columns to End. Writer.
func (t *Table) Take() uint32 {
	if len(t.free) == 0 {
		t.reclaim()
	}
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return slot
	}
	slot := t.end.Load()
	t.extend(slot + 1)
	return slot
}

func (t *Table) extend(end uint32) {
	t.keys.Grow(end)
	t.shown.Grow(end)
	t.end.Store(end)
}

// reclaim moves the slots on whose readers are gone.
func (t *Table) reclaim() {
	for len(t.waiting)+len(t.retired) > 0 && t.epochs.advance() {
		t.free = append(t.free, t.waiting...)
		t.waiting, t.retired = t.retired, t.waiting[:0]
	}
	t.noteHeld()
}

// noteHeld counts what only the writer may look at. It follows whatever lets that grow.
func (t *Table) noteHeld() {
	t.held.Store(4 * int64(len(t.lookup.cells)+cap(t.free)+cap(t.waiting)+cap(t.retired)))
}

// Put gives a slot that Take returned its key, which must not be there. Writer.
func (t *Table) Put(slot uint32, key uint64) {
	*t.keys.At(slot) = key
	t.lookup.put(key, slot)
	t.noteHeld()
}

// Show lets readers find a slot that has its key and all its rows. Writers beside one another may call it.
func (t *Table) Show(slot uint32) {
	t.shown.Add(slot)
	t.live.Add(1)
}

// Hide takes a shown slot out of all searches that begin from now on, and its key out of Find. Writer.
func (t *Table) Hide(slot uint32) {
	t.shown.Remove(slot)
	t.live.Add(-1)
	t.lookup.remove(t.Key(slot))
}

// Retire gives hidden slots back when no reader that enters from now on can come across them. Writer.
func (t *Table) Retire(slots ...uint32) {
	t.retired = append(t.retired, slots...)
	t.noteHeld()
}

// Extend makes the slots of an empty table as an earlier one had them: those below end that taken is true of are as if
// Take had returned them, the others are free. Writer.
func (t *Table) Extend(end uint32, taken func(slot uint32) bool) {
	t.extend(end)
	for slot := end; slot > 0; slot-- { // the lowest is taken next
		if !taken(slot - 1) {
			t.free = append(t.free, slot-1)
		}
	}
	t.noteHeld()
}

// Keys calls yield with the key of every slot shown until it returns false.
func (t *Table) Keys(yield func(key uint64) bool) {
	guard := t.Enter()
	defer t.Leave(guard)
	for slot := range t.End() {
		if t.Shown(slot) && !yield(t.Key(slot)) {
			return
		}
	}
}

// MemoryBytes returns the memory that keys, their lookup and the lists of free slots take.
func (t *Table) MemoryBytes() int64 {
	return t.keys.MemoryBytes() + t.shown.MemoryBytes() + t.held.Load()
}
