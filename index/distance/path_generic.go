//go:build !amd64 || purego

package distance

func available() []path { return []path{pathGo} }

func (path) String() string { return "go" }

func dotRows(_ path, query []float32, rows []uintptr, out []float32) { dotRowsGo(query, rows, out) }

func squaredL2Rows(_ path, query []float32, rows []uintptr, out []float32) {
	squaredL2RowsGo(query, rows, out)
}

func dotInt8Rows(_ path, query []int8, rows []uintptr, out []int32) { dotInt8RowsGo(query, rows, out) }

func squaredL2Int8Rows(_ path, query []int8, rows []uintptr, out []uint32) {
	squaredL2Int8RowsGo(query, rows, out)
}

func hadamard(_ path, v []float32) {
	checkHadamard(v)
	hadamardGo(v)
}

func prefetchRows(path, []uintptr, int) {}
