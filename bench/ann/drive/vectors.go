//go:build linux

package main

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// vectors is a file of raw float32, mapped, so that it counts as no memory of the process.
type vectors struct {
	dimension int
	values    []float32
}

func mapVectors(name string, dimension int) (vectors, error) {
	if dimension < 1 {
		return vectors{}, fmt.Errorf("dimension %d", dimension)
	}
	values, err := mapFile[float32](name)
	if err != nil {
		return vectors{}, err
	}
	if len(values)%dimension != 0 {
		return vectors{}, fmt.Errorf("%s: %d numbers are no vectors of %d", name, len(values), dimension)
	}
	return vectors{dimension: dimension, values: values}, nil
}

// mapFile returns the content of a file as numbers in the byte order of the machine. It stays mapped until the process ends.
func mapFile[T float32 | int32](name string) ([]T, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < 4 {
		return nil, fmt.Errorf("%s: %d bytes", name, info.Size())
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/4), nil
}

func (v vectors) rows() int { return len(v.values) / v.dimension }

func (v vectors) row(i int) []float32 {
	return v.values[i*v.dimension : (i+1)*v.dimension : (i+1)*v.dimension]
}

// batch returns rows [start, stop) under their numbers, as Index.Add takes them.
func (v vectors) batch(start, stop int) (keys []uint64, rows [][]float32) {
	for i := start; i < stop; i++ {
		keys = append(keys, uint64(i))
		rows = append(rows, v.row(i))
	}
	return keys, rows
}

// touch reads a number of every page of rows [start, stop), so that no disk is measured afterwards.
func (v vectors) touch(start, stop int) (sum float32) {
	const page = 1024 // numbers
	for i := start * v.dimension; i < stop*v.dimension; i += page {
		sum += v.values[i]
	}
	return sum
}
