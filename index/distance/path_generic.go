//go:build (!amd64 && !arm64) || purego

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

func dotF16Rows(_ path, query []float32, rows []uintptr, out []float32) {
	dotF16RowsGo(query, rows, out)
}

func squaredL2F16Rows(_ path, query []float32, rows []uintptr, out []float32) {
	squaredL2F16RowsGo(query, rows, out)
}

func dotInt4Rows(_ path, query []int8, rows []uintptr, out []int32) { dotInt4RowsGo(query, rows, out) }

func toFloat16(_ path, dst []uint16, src []float32) { toFloat16Go(dst, src) }

func fromFloat16(_ path, dst []float32, src []uint16) { fromFloat16Go(dst, src) }

func hadamard(_ path, v []float32) {
	checkHadamard(v)
	hadamardGo(v)
}

func greatest(_ path, v []float32) float32 { return greatestGo(v) }

func roundInt8(_ path, codes []int8, v []float32, scale float32) float32 {
	return roundInt8Go(codes, v, scale)
}

func prefetchRows(path, []uintptr, int) {}
