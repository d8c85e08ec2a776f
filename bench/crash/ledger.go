package main

import (
	"maps"
	"sync"

	"pinax/bench/catalog"
)

// ledger keeps what the server was told and what it answered.
type ledger struct {
	mu           sync.Mutex
	acknowledged map[string]catalog.Product // by item id
	unanswered   map[string]catalog.Product // sent, and no answer yet
}

func newLedger() *ledger {
	return &ledger{acknowledged: map[string]catalog.Product{}, unanswered: map[string]catalog.Product{}}
}

func (l *ledger) sent(id string, p catalog.Product) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unanswered[id] = p
}

func (l *ledger) acknowledge(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[id] = l.unanswered[id]
	delete(l.unanswered, id)
}

// settle empties the list of the unanswered and returns it.
func (l *ledger) settle() map[string]catalog.Product {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := maps.Clone(l.unanswered)
	clear(l.unanswered)
	return open
}
