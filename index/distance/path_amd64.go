//go:build !purego

package distance

import "golang.org/x/sys/cpu"

const (
	pathAVX2   path = 1 + iota // AVX2, FMA and F16C: Intel since Haswell (2013), AMD since Excavator (2015)
	pathAVX512                 // and VNNI, VPOPCNTDQ: Intel since Ice Lake (2019), AMD since Zen 4 (2022)
)

// available lists what this CPU runs (and whose registers the operating system saves), fastest first. AVX-512 without
// VNNI and VPOPCNTDQ is left out: the CPUs that have only that (Skylake, Cascade Lake) lower their clock for wide
// registers and gain nothing by them.
func available() []path {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasF16C
	avx512 := avx2 && x.HasBMI2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ &&
		x.HasAVX512VNNI && x.HasAVX512VPOPCNTDQ
	switch {
	case avx512:
		return []path{pathAVX512, pathAVX2, pathGo}
	case avx2:
		return []path{pathAVX2, pathGo}
	default:
		return []path{pathGo}
	}
}

func (p path) String() string {
	switch p {
	case pathAVX512:
		return "avx512+vnni"
	case pathAVX2:
		return "avx2"
	default:
		return "go"
	}
}
