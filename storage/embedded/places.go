package embedded

import (
	"encoding/binary"
	"maps"
	"sync"

	"pinax/index"
)

// place is the item that an entry belongs to, and the entry's number within its modality.
type place struct {
	id      string
	ordinal int
	used    bool
}

// placesPage is how many consecutive keys share one allocation. It divides keySetPage.
const placesPage = 256

// places maps the entry keys of a space to their items. Reading them from the database instead would be ten descents a search
// of a tree that no cache holds, by the profile of other reads about a third of the time of a search among a million. Keys come from one growing sequence, so they
// are dense until items are deleted, and in pages without pointers they take 4 bytes an entry beside the id itself.
type places struct {
	mu    sync.RWMutex
	pages map[uint64]*placesOfPage
}

// placesOfPage has a record for each key that is used: ordinal, length of the id (uvarints), id.
type placesOfPage struct {
	at      [placesPage]uint32 // 1 + where in records; 0: unused
	used    int
	records []byte
	waste   int // bytes of records that no key leads to
}

func newPlaces() *places { return &places{pages: make(map[uint64]*placesOfPage)} }

// set records or replaces the place of an entry.
func (p *places) set(key uint64, id []byte, ordinal int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page := p.pages[key/placesPage]
	if page == nil {
		page = new(placesOfPage)
		p.pages[key/placesPage] = page
	}
	page.remove(key % placesPage)
	page.add(key%placesPage, id, ordinal)
}

func (p *places) remove(key uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page := p.pages[key/placesPage]
	if page == nil {
		return
	}
	if page.remove(key % placesPage); page.used == 0 {
		delete(p.pages, key/placesPage)
	}
}

// take moves the pages of other here, which must not have any of them.
func (p *places) take(other *places) { maps.Copy(p.pages, other.pages) }

// of returns the places of entries that a search found, in order. Those of entries that are gone come back unused.
func (p *places) of(found []index.Neighbour) []place {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]place, len(found))
	for i, n := range found {
		if page := p.pages[n.Key/placesPage]; page != nil {
			list[i] = page.get(n.Key % placesPage)
		}
	}
	return list
}

// count returns how many entries have a place.
func (p *places) count() (n int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, page := range p.pages {
		n += page.used
	}
	return n
}

func (p *placesOfPage) get(i uint64) place {
	if p.at[i] == 0 {
		return place{}
	}
	ordinal, id, _ := p.record(p.at[i] - 1)
	return place{id: string(id), ordinal: ordinal, used: true}
}

// record returns what a record has, and its size.
func (p *placesOfPage) record(at uint32) (ordinal int, id []byte, size int) {
	n, first := binary.Uvarint(p.records[at:])
	length, second := binary.Uvarint(p.records[int(at)+first:])
	size = first + second + int(length)
	return int(n), p.records[int(at)+first+second : int(at)+size], size
}

func (p *placesOfPage) add(i uint64, id []byte, ordinal int) {
	p.reserve(2*binary.MaxVarintLen32 + len(id))
	p.at[i] = uint32(len(p.records)) + 1
	p.records = binary.AppendUvarint(p.records, uint64(ordinal))
	p.records = binary.AppendUvarint(p.records, uint64(len(id)))
	p.records = append(p.records, id...)
	p.used++
}

// reserve makes room for a record and not much more: append would double what a full page never needs.
func (p *placesOfPage) reserve(size int) {
	if n := len(p.records); n+size > cap(p.records) {
		p.records = append(make([]byte, 0, n+n/8+size), p.records...)
	}
}

func (p *placesOfPage) remove(i uint64) {
	if p.at[i] == 0 {
		return
	}
	_, _, size := p.record(p.at[i] - 1)
	p.at[i] = 0
	p.used--
	if p.waste += size; p.waste > len(p.records)/2 {
		p.compact()
	}
}

func (p *placesOfPage) compact() {
	kept := make([]byte, 0, len(p.records)-p.waste)
	for i, at := range p.at {
		if at == 0 {
			continue
		}
		_, _, size := p.record(at - 1)
		p.at[i] = uint32(len(kept)) + 1
		kept = append(kept, p.records[at-1:int(at-1)+size]...)
	}
	p.records, p.waste = kept, 0
}
