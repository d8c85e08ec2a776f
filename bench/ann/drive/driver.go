//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"pinax/index"
)

const (
	neighbours = 10     // wanted of a search
	addBatch   = 10_000 // rows of a call of Add while an index is built
)

// driver is an index and what it is asked about.
type driver struct {
	base, queries vectors
	index         index.Index
	filters       filters
	profileFile   *os.File // where a CPU profile goes; nil: none is taken
}

var errNotBuilt = errors.New("nothing is built yet")

// spent is what a request has used.
type spent struct {
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
}

// measured runs work and says what it has used.
func measured(work func() error) (spent, error) {
	start, cpu := time.Now(), cpuTime()
	err := work()
	return spent{time.Since(start).Seconds(), (cpuTime() - cpu).Seconds()}, err
}

// cpuTime is what the process has used, in user and system mode, the garbage collector included.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// build links rows into a new index.
func (d *driver) build(r request) (any, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	d.base.touch(r.Start, r.Stop)
	before, err := settledBytes()
	if err != nil {
		return nil, err
	}
	s, err := measured(func() error {
		x, err := newIndex(d.base, r)
		if err != nil {
			return err
		}
		d.index = x
		if err := d.addRows(r.Start, r.Stop, addBatch); err != nil {
			return err
		}
		_, err = x.Search(context.Background(), d.queries.row(0), searchOptions(r, nil)) // coder links at the first search
		return err
	})
	if err != nil {
		return nil, err
	}
	rows := float64(r.Stop - r.Start)
	unsettled, err := anonymousBytes()
	if err != nil {
		return nil, err
	}
	settled, err := settledBytes()
	return struct {
		spent
		BytesPerVector          float64 `json:"bytes_per_vector"`
		BytesPerVectorUnsettled float64 `json:"bytes_per_vector_unsettled"` // before the garbage was given back
		StatedBytesPerVector    float64 `json:"stated_bytes_per_vector"`
		Parts                   memory  `json:"stated_parts"`
		Kernels                 string  `json:"kernels"`
	}{
		s, float64(settled-before) / rows, float64(unsettled-before) / rows,
		d.index.Stats().BytesPerVector(), partsOf(d.index.Stats()), kernels(),
	}, err
}

// add links further rows.
func (d *driver) add(r request) (any, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	if d.index == nil {
		return nil, errNotBuilt
	}
	return measured(func() error { return d.addRows(r.Start, r.Stop, orElse(r.Batch, addBatch)) })
}

func (d *driver) addRows(start, stop, batch int) error {
	for ; start < stop; start += batch {
		if err := d.index.Add(d.base.batch(start, min(start+batch, stop))); err != nil {
			return err
		}
	}
	return nil
}

// replace deletes rows [Start, Stop) in a random order, a batch at a time, and adds as many from With on.
func (d *driver) replace(r request) (any, error) {
	count := r.Stop - r.Start
	if err := errors.Join(d.check(r), d.check(request{Start: r.With, Stop: r.With + count})); err != nil {
		return nil, err
	}
	if d.index == nil {
		return nil, errNotBuilt
	}
	order := rand.New(rand.NewPCG(1, uint64(r.Start))).Perm(count)
	batch := orElse(r.Batch, 100)
	return measured(func() error {
		for first := 0; first < count; first += batch {
			part := order[first:min(first+batch, count)]
			gone := make([]uint64, len(part))
			for i, row := range part {
				gone[i] = uint64(r.Start + row)
			}
			if n := d.index.Delete(gone); n != len(gone) {
				return fmt.Errorf("%d of %d rows were there to be deleted", n, len(gone))
			}
			if err := d.addRows(r.With+first, r.With+first+len(part), batch); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellMemory says what the index holds, once what works behind the scenes has come to rest.
func (d *driver) tellMemory(request) (any, error) {
	if d.index == nil {
		return nil, errNotBuilt
	}
	if err := d.settle(); err != nil {
		return nil, err
	}
	resident, err := settledBytes()
	return struct {
		Rows          int   `json:"rows"`
		ResidentBytes int64 `json:"resident_bytes"`
		StatedBytes   int64 `json:"stated_bytes"`
	}{d.index.Len(), resident, d.index.Stats().MemoryBytes}, err
}

// settle waits until the process does nothing any more, at most half a minute: then compaction is done.
func (d *driver) settle() error {
	const pause, idle, patience = 500 * time.Millisecond, 50 * time.Millisecond, 60
	for range patience {
		before := cpuTime()
		time.Sleep(pause)
		if cpuTime()-before < idle {
			return nil
		}
	}
	return errors.New("the index does not come to rest")
}

// profile starts a CPU profile into the file at Path; without a Path it ends it.
func (d *driver) profile(r request) (any, error) {
	var err error
	if d.profileFile != nil {
		pprof.StopCPUProfile()
		err = d.profileFile.Close()
		d.profileFile = nil
	}
	if r.Path == "" || err != nil {
		return struct{}{}, err
	}
	if d.profileFile, err = os.Create(r.Path); err != nil {
		return nil, err
	}
	return struct{}{}, pprof.StartCPUProfile(d.profileFile)
}

func (d *driver) check(r request) error {
	if r.Start < 0 || r.Stop <= r.Start || r.Stop > d.base.rows() {
		return fmt.Errorf("rows [%d, %d) of %d", r.Start, r.Stop, d.base.rows())
	}
	return nil
}

// settledBytes is anonymousBytes without what the garbage collector could give back.
func settledBytes() (int64, error) {
	debug.FreeOSMemory()
	return anonymousBytes()
}

var residentAnonymous = regexp.MustCompile(`^RssAnon:\s+(\d+) kB$`)

// anonymousBytes is the resident memory that no file backs: the vectors to be added are mapped and do not count.
func anonymousBytes() (int64, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if found := residentAnonymous.FindStringSubmatch(lines.Text()); found != nil {
			kib, err := strconv.ParseInt(found[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/self/status has no RssAnon")
}
