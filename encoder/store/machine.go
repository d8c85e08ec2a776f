package store

import "golang.org/x/sys/cpu"

// Machine is what the choice of a precision depends on.
type Machine struct {
	// DotInt8 tells of instructions that multiply and add 8-bit numbers at once (VNNI, or SDOT on ARM).
	DotInt8 bool
	// Saturates tells that signed 8-bit weights lose bits without such instructions, as AVX2 and AVX-512 do (vpmaddubsw).
	Saturates bool
	// GPU tells that models run on one, which ThisMachine leaves to the caller.
	GPU bool
}

// ThisMachine asks the processor.
func ThisMachine() Machine {
	dot := cpu.X86.HasAVX512VNNI || cpu.X86.HasAVXVNNI || cpu.ARM64.HasASIMDDP
	return Machine{DotInt8: dot, Saturates: cpu.X86.HasAVX2 && !dot}
}
