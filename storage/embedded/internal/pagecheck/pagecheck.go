// Package pagecheck looks whether a bbolt database file is whole: every page that the newest header leads to is what its
// parent says, lies within the file, belongs to one place only and is not on the list of free pages, and has its keys in
// order.
//
//	err := pagecheck.Check(file)
//	if errors.Is(err, pagecheck.ErrDamaged) { … }
//
// bbolt has a check of its own, but on a damaged file that may itself run in circles or fault in a goroutine where nobody can
// catch it, and so end the process. This one reads the file instead of the memory map, trusts nothing in it, and needs
// time and memory in proportion to its length only. It does not look at what values mean.
//
// The layout is that of bbolt's internal/common/{page,meta,bucket}.go, version 2.
package pagecheck

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
)

// ErrDamaged is what all findings wrap. An error that does not wrap it comes from reading.
var ErrDamaged = errors.New("database file is damaged")

const (
	magic       = 0xED0CDAED
	version     = 2
	headerSize  = 16 // of a page: id, flags, count, overflow
	metaSize    = 64
	metaSumAt   = 56
	elementSize = 16 // of a branch or leaf page
	bucketSize  = 16 // root page and sequence number, in front of an inline page if there is one

	minPageSize = 1 << 9
	maxPageSize = 1 << 24

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10

	leafIsBucket = 0x01
	noFreelist   = 1<<64 - 1
	longCount    = 0xFFFF // the true count of a freelist is its first element
)

// order is that of the machine, as bbolt maps its structures into memory.
var order = binary.NativeEndian

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

// Check returns nil for a file that is whole.
func Check(file io.ReaderAt) error {
	c, err := newChecker(file)
	if err != nil {
		return err
	}
	if err := c.tree(c.meta.root, bounds{}); err != nil {
		return err
	}
	return c.freelist()
}

// CheckHead looks at what bbolt follows when it opens a file: the header, the length, and the list of free pages. It is
// for files that are too large to be read through.
func CheckHead(file io.ReaderAt) error {
	c, err := newChecker(file)
	if err != nil {
		return err
	}
	return c.freelist()
}

// meta is what a header page says.
type meta struct {
	pageSize uint32
	root     uint64 // page of the root bucket
	free     uint64 // page of the freelist
	pages    uint64 // pages from this number on are not in use
	txid     uint64
}

// newestMeta reads both header pages. One may be damaged by a crash while it was being written; then the other counts.
func newestMeta(file io.ReaderAt) (meta, error) {
	first, firstErr := readMeta(file, 0)
	if firstErr == nil {
		second, err := readMeta(file, int64(first.pageSize))
		if err == nil && second.txid > first.txid {
			return second, nil
		}
		return first, nil
	}
	// The second begins with the second page, and it was the first that knows how large a page is.
	for size := int64(minPageSize); size <= maxPageSize; size *= 2 {
		if second, err := readMeta(file, size); err == nil && int64(second.pageSize) == size {
			return second, nil
		}
	}
	return meta{}, firstErr
}

func readMeta(file io.ReaderAt, at int64) (meta, error) {
	b := make([]byte, metaSize)
	if _, err := file.ReadAt(b, at+headerSize); err != nil {
		return meta{}, readError(err)
	}
	sum := fnv.New64a()
	sum.Write(b[:metaSumAt])
	m := meta{
		pageSize: order.Uint32(b[8:]), root: order.Uint64(b[16:]), free: order.Uint64(b[32:]),
		pages: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	switch {
	case order.Uint32(b) != magic || order.Uint32(b[4:]) != version:
		return meta{}, damaged("no header of a database at byte %d", at)
	case order.Uint64(b[metaSumAt:]) != sum.Sum64():
		return meta{}, damaged("the header at byte %d fails its checksum", at)
	case m.pageSize < minPageSize || m.pageSize > maxPageSize:
		return meta{}, damaged("a page size of %d", m.pageSize)
	}
	return m, nil
}

// checkLength looks whether the file has all pages that the header speaks of. From here on a page number below m.pages is
// one that the file's true length justifies.
func (m meta) checkLength(file io.ReaderAt) error {
	if m.pages < 4 || m.pages > math.MaxInt64/uint64(m.pageSize) {
		return damaged("the header speaks of %d pages", m.pages)
	}
	_, err := file.ReadAt(make([]byte, 1), int64(m.pages)*int64(m.pageSize)-1)
	if err != nil {
		return readError(err)
	}
	return nil
}

// readError turns the end of the file into damage: every page that is asked for should be there.
func readError(err error) error {
	if errors.Is(err, io.EOF) {
		return damaged("the file is cut off")
	}
	return err
}

type checker struct {
	file io.ReaderAt
	meta meta
	used pageSet
}

func newChecker(file io.ReaderAt) (*checker, error) {
	m, err := newestMeta(file)
	if err != nil {
		return nil, err
	}
	return &checker{file: file, meta: m}, m.checkLength(file)
}

// page is one page with what overflows it.
type page struct {
	id    uint64
	flags uint16
	count int
	data  []byte // all of it, the header included
}

// take reads a page and notes that it is in use, which it must not be already.
func (c *checker) take(id uint64) (page, error) {
	if id < 2 || id >= c.meta.pages {
		return page{}, damaged("page %d is referred to and is not one of the %d pages", id, c.meta.pages)
	}
	header := make([]byte, headerSize)
	if err := c.read(header, id); err != nil {
		return page{}, err
	}
	overflow := uint64(order.Uint32(header[12:]))
	switch {
	case order.Uint64(header) != id:
		return page{}, damaged("page %d says that it is page %d", id, order.Uint64(header))
	case overflow >= c.meta.pages-id:
		return page{}, damaged("page %d goes on for %d pages beyond the last", id, overflow)
	}
	for i := id; i <= id+overflow; i++ {
		if !c.used.add(i) {
			return page{}, damaged("page %d is used in two places", i)
		}
	}
	p := page{id: id, flags: order.Uint16(header[8:]), count: int(order.Uint16(header[10:]))}
	data, err := c.readPages(id, 1+overflow)
	p.data = data
	return p, err
}

func (c *checker) read(b []byte, id uint64) error {
	if _, err := c.file.ReadAt(b, int64(id)*int64(c.meta.pageSize)); err != nil {
		return readError(err)
	}
	return nil
}

// readPages allocates as it reads, since the length comes from a page that may lie about it.
func (c *checker) readPages(id, n uint64) ([]byte, error) {
	size := int64(c.meta.pageSize)
	r := io.NewSectionReader(c.file, int64(id)*size, int64(n)*size)
	if n == 1 {
		b := make([]byte, size)
		_, err := io.ReadFull(r, b)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil {
			return nil, readError(err)
		}
		return b, nil
	}
	b, err := io.ReadAll(r)
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) < int64(n)*size:
		return nil, readError(io.EOF)
	}
	return b, nil
}

// bounds are the keys between which those of a subtree must lie: from low, up to but without high. Nil: no bound.
type bounds struct{ low, high []byte }

func (b bounds) allow(key []byte) bool {
	return (b.low == nil || bytes.Compare(key, b.low) >= 0) && (b.high == nil || bytes.Compare(key, b.high) < 0)
}

// tree checks a bucket's pages from one of them downwards.
func (c *checker) tree(id uint64, b bounds) error {
	p, err := c.take(id)
	if err != nil {
		return err
	}
	switch p.flags {
	case flagBranch:
		return c.branch(p, b)
	case flagLeaf:
		return c.leaf(p, b)
	}
	return damaged("page %d is of the kind %#x where a branch or a leaf should be", id, p.flags)
}

func (c *checker) branch(p page, b bounds) error {
	keys, err := p.keys(b, func(element []byte) (pos, size uint32) {
		return order.Uint32(element), order.Uint32(element[4:])
	})
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return damaged("page %d is a branch without children", p.id)
	}
	for i, key := range keys {
		child := bounds{low: key, high: b.high}
		if i+1 < len(keys) {
			child.high = keys[i+1]
		}
		if err := c.tree(order.Uint64(p.element(i)[8:]), child); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) leaf(p page, b bounds) error {
	keys, err := p.keys(b, leafKey)
	if err != nil {
		return err
	}
	for i, key := range keys {
		value, err := p.value(i)
		if err != nil {
			return err
		}
		if order.Uint32(p.element(i))&leafIsBucket == 0 {
			continue
		}
		if err := c.bucket(p.id, value); err != nil {
			return fmt.Errorf("bucket %q: %w", key, err)
		}
	}
	return nil
}

func leafKey(element []byte) (pos, size uint32) {
	return order.Uint32(element[4:]), order.Uint32(element[8:])
}

// bucket checks a bucket within a bucket: a small one is a leaf page inside the value, a larger one has pages of its own.
func (c *checker) bucket(id uint64, value []byte) error {
	if len(value) < bucketSize {
		return damaged("page %d has a bucket that is cut off", id)
	}
	if root := order.Uint64(value); root != 0 {
		return c.tree(root, bounds{})
	}
	inline := page{id: id, data: value[bucketSize:]}
	if len(inline.data) < headerSize || order.Uint16(inline.data[8:]) != flagLeaf {
		return damaged("page %d has an inline bucket that is no leaf", id)
	}
	inline.count = int(order.Uint16(inline.data[10:]))
	keys, err := inline.keys(bounds{}, leafKey)
	if err != nil {
		return err
	}
	for i := range keys {
		if _, err := inline.value(i); err != nil {
			return err
		}
		if order.Uint32(inline.element(i))&leafIsBucket != 0 {
			return damaged("page %d has a bucket in an inline bucket", id)
		}
	}
	return nil
}

// element returns the fixed part of an element. keys has checked that it is there.
func (p page) element(i int) []byte {
	return p.data[headerSize+i*elementSize:][:elementSize]
}

// keys returns the keys of a page after a look at their places, their order and their bounds. An element says where its
// key begins, counted from the element itself, and how long it is.
func (p page) keys(b bounds, place func(element []byte) (pos, size uint32)) ([][]byte, error) {
	if headerSize+p.count*elementSize > len(p.data) {
		return nil, damaged("page %d has no room for its %d elements", p.id, p.count)
	}
	keys := make([][]byte, p.count)
	for i := range keys {
		pos, size := place(p.element(i))
		from := uint64(headerSize+i*elementSize) + uint64(pos)
		to := from + uint64(size)
		if pos < elementSize || size == 0 || to > uint64(len(p.data)) {
			return nil, damaged("page %d has a key outside of it", p.id)
		}
		keys[i] = p.data[from:to]
		if !b.allow(keys[i]) || i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0 {
			return nil, damaged("page %d has its keys out of order", p.id)
		}
	}
	return keys, nil
}

// value returns the value of a leaf's element, which follows the key.
func (p page) value(i int) ([]byte, error) {
	pos, size := leafKey(p.element(i))
	from := uint64(headerSize+i*elementSize) + uint64(pos) + uint64(size)
	to := from + uint64(order.Uint32(p.element(i)[12:]))
	if to > uint64(len(p.data)) {
		return nil, damaged("page %d has a value outside of it", p.id)
	}
	return p.data[from:to], nil
}

// freelist looks that no page is free and in use, or free twice. Either would be given away while it holds data.
func (c *checker) freelist() error {
	if c.meta.free == noFreelist {
		return nil
	}
	p, err := c.take(c.meta.free)
	if err != nil {
		return err
	}
	if p.flags != flagFreelist {
		return damaged("page %d is of the kind %#x where the list of free pages should be", p.id, p.flags)
	}
	count, list := uint64(p.count), p.data[headerSize:]
	if count == longCount {
		count, list = order.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return damaged("the list of free pages has no room for its %d elements", count)
	}
	for i := range count {
		id := order.Uint64(list[8*i:])
		if id < 2 || id >= c.meta.pages || !c.used.add(id) {
			return damaged("page %d is on the list of free pages and should not be", id)
		}
	}
	return nil
}

// pageSet is a set of page numbers, one bit each.
type pageSet []uint64

// add returns false when the page was in the set.
func (s *pageSet) add(id uint64) bool {
	for id/64 >= uint64(len(*s)) {
		*s = append(*s, 0)
	}
	word, bit := &(*s)[id/64], uint64(1)<<(id%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}
