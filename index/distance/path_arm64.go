//go:build !purego

package distance

import "golang.org/x/sys/cpu"

const (
	pathNEON    path = 1 + iota // what every arm64 has
	pathDotProd                 // and FEAT_DotProd: most cores since 2018
)

// available lists what this CPU runs, fastest first.
func available() []path {
	if cpu.ARM64.HasASIMDDP {
		return []path{pathDotProd, pathNEON, pathGo}
	}
	return []path{pathNEON, pathGo}
}

func (p path) String() string {
	switch p {
	case pathDotProd:
		return "neon+dotprod"
	case pathNEON:
		return "neon"
	default:
		return "go"
	}
}
