package distance

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// lengths are those at which some kernel takes another turn.
var lengths = []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 100, 128, 255, 256, 257, 511, 768}

// counts are of rows, likewise.
var counts = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 31, 32}

// table lays vectors out one behind the other in memory that ends where reading is forbidden, and in no order that a
// kernel could guess.
func table[T any](t testing.TB, random *rand.Rand, vectors [][]T) (rows []uintptr) {
	if len(vectors) == 0 {
		return nil
	}
	n := len(vectors[0])
	size := int(unsafe.Sizeof(*new(T)))
	behind := 0
	if _, measured := t.(*testing.B); measured {
		behind = 64 // a masked load that reaches into forbidden memory reads nothing there, but takes a hundred times as long
	}
	memory := guarded(t, n*len(vectors)*size+behind)
	rows = make([]uintptr, len(vectors))
	for at, i := range random.Perm(len(vectors)) {
		place := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(memory[at*n*size:]))), n)
		copy(place, vectors[i])
		rows[i] = uintptr(unsafe.Pointer(unsafe.SliceData(memory[at*n*size:])))
	}
	return rows
}

func vectorsOf[T any](count int, random func() []T) [][]T {
	out := [][]T{}
	for range count {
		out = append(out, random())
	}
	return out
}

// onEveryPath runs a test on each set of kernels that this machine has, the Go code among them.
func onEveryPath(t *testing.T, test func(t *testing.T, p path)) {
	for _, p := range available() {
		t.Run(p.String(), func(t *testing.T) { test(t, p) })
	}
}

func TestKernelsNamesTheFastestPath(t *testing.T) {
	require.Equal(t, available()[0].String(), Kernels())
	seen := map[string]bool{}
	for _, p := range available() {
		require.False(t, seen[p.String()], "two paths are called %s", p)
		seen[p.String()] = true
	}
	require.True(t, seen["go"], "the Go code is always there")
	t.Logf("paths of this machine, all tested: %v", available())
}

// A search scores batches by the thousand: arguments on the stack must stay there.
func TestScoringDoesNotAllocate(t *testing.T) {
	if available()[0] == pathGo {
		t.Skip("the Go code widens rows of float16 into memory of its own")
	}
	memory := guarded(t, 1024)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var query [256]float32
		var codes [256]int8
		var scores [2]float32
		var sums [2]int32
		var distances [2]uint32
		row := uintptr(unsafe.Pointer(&memory[0]))
		rows := [2]uintptr{row, row}
		DotRows(query[:], rows[:], scores[:])
		SquaredL2Rows(query[:], rows[:], scores[:])
		DotF16Rows(query[:], rows[:], scores[:])
		SquaredL2F16Rows(query[:], rows[:], scores[:])
		DotInt8Rows(codes[:], rows[:], sums[:])
		SquaredL2Int8Rows(codes[:], rows[:], distances[:])
		DotInt4Rows(codes[:], rows[:], sums[:])
		scores[0] = Dot(query[:], query[:]) + SquaredL2(query[:], query[:])
		sums[0] = DotInt8(codes[:], codes[:])
		Hadamard(query[:])
		PrefetchRows(rows[:], 1024)
		PrefetchAddress(row, 1024)
	}))
}

func TestPrefetchTakesAnyAddress(t *testing.T) {
	memory := guarded(t, 64)
	inside := uintptr(unsafe.Pointer(&memory[0]))
	for _, address := range []uintptr{0, 1, inside, inside + 63, inside + 64, ^uintptr(0), ^uintptr(0) - 70} {
		for _, bytes := range []int{-1, 0, 1, 64, 65, 1 << 20} {
			t.Run(fmt.Sprintf("%#x/%d", address, bytes), func(*testing.T) {
				PrefetchAddress(address, bytes)
				PrefetchRows([]uintptr{address, address}, bytes)
			})
		}
	}
	PrefetchRows(nil, 64)
}
