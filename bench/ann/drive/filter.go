//go:build linux

package main

import (
	"errors"
	"fmt"
	"slices"
)

// filters are orders of the rows, made by data.py: the first is random, each other goes by the distance from an anchor. A
// filter accepts the rows whose places in an order lie in a range.
type filters struct {
	rows   int
	places []int32 // [orders][rows]: the place of each row
	anchor []int   // by query: the order of the anchor that is nearest to it
	orders int
}

// accepted is what one query may find.
type accepted struct {
	places    []int32 // by row
	low, high int32
	keys      []uint32 // the rows that are accepted, by rising number
}

func (a *accepted) has(key uint64) bool {
	place := a.places[key]
	return place >= a.low && place < a.high
}

func (d *driver) loadFilters(r request) (any, error) {
	places, err := mapFile[int32](r.Path)
	if err != nil {
		return nil, err
	}
	if r.Rows < 1 || len(places)%r.Rows != 0 {
		return nil, fmt.Errorf("%d places are no orders of %d rows", len(places), r.Rows)
	}
	f := filters{rows: r.Rows, places: places, anchor: r.Anchor, orders: len(places) / r.Rows}
	if len(f.anchor) < d.queries.rows() {
		return nil, fmt.Errorf("anchors of %d queries, not %d", len(f.anchor), d.queries.rows())
	}
	for _, order := range f.anchor {
		if order < 1 || order >= f.orders {
			return nil, fmt.Errorf("anchor %d of %d", order, f.orders)
		}
	}
	d.filters = f
	return struct{}{}, nil
}

// of returns what each of the first count queries may find; nil elements accept everything. A list of rows is made once
// for all queries that have it, as a database has it at hand.
func (f *filters) of(r request, count int) ([]*accepted, error) {
	all := make([]*accepted, count)
	if r.Filter == "" {
		return all, nil
	}
	if f.rows == 0 {
		return nil, errors.New("no filters are loaded")
	}
	if r.Low < 0 || r.High <= r.Low || r.High > f.rows {
		return nil, fmt.Errorf("places [%d, %d) of %d", r.Low, r.High, f.rows)
	}
	byOrder := make([]*accepted, f.orders)
	for i := range all {
		order := 0
		switch r.Filter {
		case "random":
		case "anchor":
			order = f.anchor[i]
		default:
			return nil, fmt.Errorf("no filter %q", r.Filter)
		}
		if byOrder[order] == nil {
			byOrder[order] = newAccepted(f.places[order*f.rows:(order+1)*f.rows], r.Low, r.High)
		}
		all[i] = byOrder[order]
	}
	return all, nil
}

func newAccepted(places []int32, low, high int) *accepted {
	a := &accepted{places: places, low: int32(low), high: int32(high), keys: make([]uint32, 0, high-low)}
	for row := range places {
		if a.has(uint64(row)) {
			a.keys = append(a.keys, uint32(row))
		}
	}
	a.keys = slices.Clip(a.keys)
	return a
}
