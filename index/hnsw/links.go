package hnsw

import (
	"math/bits"
	"sync/atomic"

	"pinax/index/internal/rows"
)

// maxLevel bounds the layers above layer 0. With M = 16 one node in 16^15 would go higher.
const maxLevel = 15

// towerCells is the number of cells in a chunk of towers.
const towerCells = 1024

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
	m      int
	shift  uint // log2 of the slots in a chunk
	chunks rows.Directory[nodeChunk]
	towers rows.Directory[[]uint32] // [towerCells][m]

	// The writer's.
	towerEnd   uint32                 // cells used so far
	freeTowers [maxLevel + 1][]uint32 // first cells of towers to use again, by height
}

type nodeChunk struct {
	base  []uint32 // [slots][2m] links of layer 0
	tower []uint32 // first cell; meaningless at level 0
	level []uint8
}

func newAdjacency(m, chunkSlots int) *adjacency {
	return &adjacency{m: m, shift: uint(bits.Len(uint(chunkSlots)) - 1)}
}

// width returns the room of a list on a layer.
func (a *adjacency) width(layer int) int {
	if layer == 0 {
		return 2 * a.m
	}
	return a.m
}

// list returns the links of a node on a layer up to its level.
func (a *adjacency) list(slot uint32, layer int) list {
	chunk, i := a.chunks.At(slot>>a.shift), slot&(1<<a.shift-1)
	if layer == 0 {
		at := int(i) * 2 * a.m
		return list(chunk.base[at : at+2*a.m])
	}
	cell := chunk.tower[i] + uint32(layer-1)
	at := int(cell%towerCells) * a.m
	return list((*a.towers.At(cell / towerCells))[at : at+a.m])
}

// level returns the highest layer that a node is on.
func (a *adjacency) level(slot uint32) int {
	return int(a.chunks.At(slot >> a.shift).level[slot&(1<<a.shift-1)])
}

// prepare gives a slot that no reader can see empty lists on the layers up to level.
func (a *adjacency) prepare(slot uint32, level int) {
	for int(slot>>a.shift) >= a.chunks.Len() {
		n := 1 << a.shift
		a.chunks.Grow(&nodeChunk{
			base:  make([]uint32, n*2*a.m),
			tower: make([]uint32, n),
			level: make([]uint8, n),
		})
	}
	chunk, i := a.chunks.At(slot>>a.shift), slot&(1<<a.shift-1)
	if old := chunk.level[i]; old > 0 {
		a.freeTowers[old] = append(a.freeTowers[old], chunk.tower[i])
	}
	chunk.level[i] = uint8(level)
	if level > 0 {
		chunk.tower[i] = a.takeTower(level)
	}
	for layer := 0; layer <= level; layer++ {
		clear(a.list(slot, layer))
	}
}

// takeTower returns the first of height cells in a row, all in one chunk.
func (a *adjacency) takeTower(height int) uint32 {
	if free := a.freeTowers[height]; len(free) > 0 {
		a.freeTowers[height] = free[:len(free)-1]
		return free[len(free)-1]
	}
	if room := towerCells - a.towerEnd%towerCells; room < uint32(height) {
		a.towerEnd += room
	}
	if int(a.towerEnd/towerCells) == a.towers.Len() {
		cells := make([]uint32, towerCells*a.m)
		a.towers.Grow(&cells)
	}
	first := a.towerEnd
	a.towerEnd += uint32(height)
	return first
}

func (a *adjacency) memoryBytes() int64 {
	slots := int64(a.chunks.Len()) << a.shift
	return slots*int64(8*a.m+4+1) + int64(a.towers.Len())*towerCells*int64(a.m)*4
}
