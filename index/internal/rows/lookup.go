package rows

import "sync"

// lookup finds the slot of a key: a hash table with linear probing (Knuth, TAOCP volume 3, 6.4) that holds slots only and
// asks the keys column for the rest, which is a third of a map's memory. Zero cells are empty.
type lookup struct {
	changes sync.RWMutex // held while cells change, and by whoever reads beside the writer
	cells   []uint32     // slot + 1; a power of two of them, at most three quarters in use
	used    int
	keys    *Column[uint64]
}

const minCells = 16

// home is where the search for a key begins.
func (l *lookup) home(key uint64) uint32 { return uint32(Mix(key)) & uint32(len(l.cells)-1) }

// Mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result depends on every bit of x.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// find returns the cell of a key, or the empty cell where it would go. There must be cells.
func (l *lookup) find(key uint64) (cell uint32, found bool) {
	mask := uint32(len(l.cells) - 1)
	for cell = l.home(key); l.cells[cell] != 0; cell = (cell + 1) & mask {
		if *l.keys.At(l.cells[cell] - 1) == key {
			return cell, true
		}
	}
	return cell, false
}

func (l *lookup) get(key uint64) (slot uint32, ok bool) {
	if l.used == 0 {
		return 0, false
	}
	cell, ok := l.find(key)
	return l.cells[cell] - 1, ok
}

// put stores the slot of a key that is not there. The keys column has the key already.
func (l *lookup) put(key uint64, slot uint32) {
	if 4*(l.used+1) > 3*len(l.cells) {
		l.grow()
	}
	l.changes.Lock()
	defer l.changes.Unlock()
	cell, _ := l.find(key)
	l.cells[cell] = slot + 1
	l.used++
}

// grow fills larger cells beside those that are read meanwhile.
func (l *lookup) grow() {
	larger := lookup{cells: make([]uint32, max(minCells, 2*len(l.cells))), keys: l.keys}
	for _, slot := range l.cells {
		if slot != 0 {
			cell, _ := larger.find(*l.keys.At(slot - 1))
			larger.cells[cell] = slot
		}
	}
	l.changes.Lock()
	defer l.changes.Unlock()
	l.cells = larger.cells
}

// remove takes a key out and moves those behind it up, so that no search ends early at the gap.
func (l *lookup) remove(key uint64) {
	if l.used == 0 {
		return
	}
	l.changes.Lock()
	defer l.changes.Unlock()
	gap, ok := l.find(key)
	if !ok {
		return
	}
	l.used--
	mask := uint32(len(l.cells) - 1)
	for next := (gap + 1) & mask; l.cells[next] != 0; next = (next + 1) & mask {
		home := l.home(*l.keys.At(l.cells[next] - 1))
		if (next-home)&mask >= (next-gap)&mask { // its search passes the gap
			l.cells[gap] = l.cells[next]
			gap = next
		}
	}
	l.cells[gap] = 0
}
