package hnsw

import (
	"sync"
	"sync/atomic"

	"pinax/index/distance"
	"pinax/index/internal/rows"
)

// maxLevel bounds the layers above layer 0. With M = 16 one node in 16^15 would go higher.
const maxLevel = 15

// levelBits is the room that a level has beside the number of a cell.
const levelBits = 4

// link is one element of a list of neighbours: the slot plus one, so that fresh memory is an empty list, and the mark of
// tree edges.
type link uint32

const (
	noLink   link = 0
	treeMark link = 1 << 31
)

func linkTo(slot uint32, tree bool) link {
	l := link(slot + 1)
	if tree {
		l |= treeMark
	}
	return l
}

func (l link) slot() uint32 { return uint32(l&^treeMark) - 1 }
func (l link) tree() bool   { return l&treeMark != 0 }

// list is the room for the links of one node on one layer. The links fill it from the front; the first empty element
// ends them. One writer stores while readers load: a reader may see some links from before a change and some from after
// it, all of which were good when it began.
type list []uint32

func (l list) at(i int) link { return link(atomic.LoadUint32(&l[i])) }

func (l list) set(i int, to link) { atomic.StoreUint32(&l[i], uint32(to)) }

// len returns the number of links.
func (l list) len() int {
	for i := range l {
		if l.at(i) == noLink {
			return i
		}
	}
	return len(l)
}

// find returns the place of the link to slot, or -1.
func (l list) find(slot uint32) int {
	for i := range l {
		switch to := l.at(i); {
		case to == noLink:
			return -1
		case to.slot() == slot:
			return i
		}
	}
	return -1
}

// remove takes out the link at place i. The last link moves there first, so that no reader sees the list end early.
func (l list) remove(i int) {
	last := l.len() - 1
	l.set(i, l.at(last))
	l.set(last, noLink)
}

// treeDegree returns the number of tree edges.
func (l list) treeDegree() int {
	n := 0
	for i := range l {
		switch to := l.at(i); {
		case to == noLink:
			return n
		case to.tree():
			n++
		}
	}
	return n
}

// adjacency holds the lists of all nodes. Layer 0 has a list of 2M in every slot; the few nodes with a higher level
// have a tower beside it: one list of M, a cell, for each layer above.
type adjacency struct {
	m       int
	base    *rows.Column[uint32] // [2m] links of layer 0
	towers  *rows.Column[uint32] // [1] first cell, above the level
	cells   *rows.Column[uint32] // [m], numbered on their own
	changed rows.Bits            // nodes that a checkpoint has not yet

	locks [lockCount]sync.Mutex // of the lists of a node, held by writers; a node shares its lock with many

	// The writer's.
	end        uint32                 // cells used so far
	freeTowers [maxLevel + 1][]uint32 // first cells of towers to use again, by height
}

// lockCount is large beside the number of cores, so that writers seldom meet.
const lockCount = 1024

func newAdjacency(m int) *adjacency {
	return &adjacency{
		m:       m,
		base:    rows.NewColumn[uint32](2 * m),
		towers:  rows.NewColumn[uint32](1),
		cells:   rows.NewColumn[uint32](m),
		changed: rows.NewBits(),
	}
}

// lock returns the lock of the lists of a node.
func (a *adjacency) lock(slot uint32) *sync.Mutex { return &a.locks[slot%lockCount] }

// width returns the room of a list on a layer.
func (a *adjacency) width(layer int) int {
	if layer == 0 {
		return 2 * a.m
	}
	return a.m
}

// list returns the links of a node on a layer up to its level.
func (a *adjacency) list(slot uint32, layer int) list {
	if layer == 0 {
		return a.base.Row(slot)
	}
	return a.cells.Row(*a.towers.At(slot)>>levelBits + uint32(layer-1))
}

// prefetch has the links of a node fetched that a walk is going to expand.
func (a *adjacency) prefetch(slot uint32, layer int) {
	if layer == 0 {
		distance.PrefetchAddress(a.base.Address(slot), a.base.RowBytes())
	}
}

// level returns the highest layer that a node is on.
func (a *adjacency) level(slot uint32) int { return int(*a.towers.At(slot) & (1<<levelBits - 1)) }

// grow makes room for the slots below end. Writer.
func (a *adjacency) grow(end uint32) {
	a.base.Grow(end)
	a.towers.Grow(end)
	a.changed.Grow(end)
}

// prepare gives a slot that no reader can see empty lists on the layers up to level. Writer.
func (a *adjacency) prepare(slot uint32, level int) {
	a.grow(slot + 1)
	tower := a.towers.At(slot)
	if old := *tower & (1<<levelBits - 1); old > 0 {
		a.freeTowers[old] = append(a.freeTowers[old], *tower>>levelBits)
	}
	*tower = uint32(level)
	if level > 0 {
		*tower |= a.takeTower(level) << levelBits
	}
	for layer := 0; layer <= level; layer++ {
		clear(a.list(slot, layer))
	}
}

// takeTower returns the first of height cells in a row.
func (a *adjacency) takeTower(height int) uint32 {
	if free := a.freeTowers[height]; len(free) > 0 {
		a.freeTowers[height] = free[:len(free)-1]
		return free[len(free)-1]
	}
	first := a.end
	a.end += uint32(height)
	a.cells.Grow(a.end)
	return first
}

// touch notes that a node has changed since the last checkpoint.
func (a *adjacency) touch(slot uint32) {
	if !a.changed.Has(slot) { // a look is cheaper than a write that other cores must hear of
		a.changed.Add(slot)
	}
}

// memoryBytes returns the memory that the lists take.
func (a *adjacency) memoryBytes() int64 {
	return a.base.MemoryBytes() + a.towers.MemoryBytes() + a.cells.MemoryBytes() + a.changed.MemoryBytes()
}
