package embedded

import (
	"sync"

	"pinax/index"
)

// place is the item that an entry belongs to, and the entry's number within its modality.
type place struct {
	id      string
	ordinal int32
	used    bool
}

// placesPage is how many consecutive keys share one allocation.
const placesPage = 256

// places maps entry keys to their items. Keys come from one growing sequence, so they are dense until items are deleted,
// and an array in pages takes about half the memory of a map: 24 bytes an entry, plus the id once for the entries of an
// item that follow one another.
type places struct {
	mu    sync.RWMutex
	pages map[uint64]*placesOfPage
	count int
}

type placesOfPage struct {
	at   [placesPage]place
	used int
}

func newPlaces() *places { return &places{pages: make(map[uint64]*placesOfPage)} }

// set records or replaces the place of an entry.
func (p *places) set(key uint64, id string, ordinal int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page := p.pages[key/placesPage]
	if page == nil {
		page = new(placesOfPage)
		p.pages[key/placesPage] = page
	}
	at := &page.at[key%placesPage]
	if !at.used {
		page.used++
		p.count++
	}
	*at = place{id: p.shared(key, id), ordinal: int32(ordinal), used: true}
}

// shared returns the copy of id that a neighbouring entry holds, if one does. The caller holds the lock.
func (p *places) shared(key uint64, id string) string {
	for _, k := range [...]uint64{key, key - 1, key + 1} {
		if page := p.pages[k/placesPage]; page != nil && page.at[k%placesPage].id == id {
			return page.at[k%placesPage].id
		}
	}
	return id
}

func (p *places) remove(key uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page := p.pages[key/placesPage]
	if page == nil || !page.at[key%placesPage].used {
		return
	}
	page.at[key%placesPage] = place{}
	p.count--
	if page.used--; page.used == 0 {
		delete(p.pages, key/placesPage)
	}
}

// of returns the places of entries that a search found, in order. Those of entries that are gone come back unused.
func (p *places) of(found []index.Neighbour) []place {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]place, len(found))
	for i, n := range found {
		if page := p.pages[n.Key/placesPage]; page != nil {
			list[i] = page.at[n.Key%placesPage]
		}
	}
	return list
}
