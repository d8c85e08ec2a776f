//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

// VCNT counts the bits of each byte, up to 8, so the weighted sum of four planes, at most 8·15, fits into a byte. Planes
// are counted from the highest to the lowest and doubled in between.
//
// Registers: R0, R1, R2 and R6 planes 0–3, R3 next address, R4 rows to go, R5 out, R7 words, R8 the row at work, R9–R12
// places in the planes, R13 words to go, V0 accumulator, V1 row, V2 weighted counts, V3 plane.

#define COUNT \
	VAND V1.B16, V3.B16, V3.B16; \
	VCNT V3.B16, V3.B16;         \
	VADD V2.B16, V2.B16, V2.B16; \
	VADD V3.B16, V2.B16, V2.B16

#define PLANE(plane) \
	VLD1.P 16(plane), [V3.B16]; \
	COUNT

// LAST_PLANE reads one word and leaves the upper half of V3 zero.
#define LAST_PLANE(plane) \
	VLD1.P 8(plane), [V3.B8]; \
	COUNT

#define ADD_COUNTS \
	UADDLP(2, 2); \
	UADALP(0, 2)

// func dotBitsRowsNEON(planes *uint64, words int, rows *uintptr, count int, out *int32)
TEXT ·dotBitsRowsNEON(SB), NOSPLIT, $0-40
	MOVD planes+0(FP), R0
	MOVD words+8(FP), R7
	MOVD rows+16(FP), R3
	MOVD count+24(FP), R4
	MOVD out+32(FP), R5
	ADD  R7<<3, R0, R1
	ADD  R7<<3, R1, R2
	ADD  R7<<3, R2, R6

row:
	CBZ    R4, done
	MOVD.P 8(R3), R8
	MOVD   R0, R9
	MOVD   R1, R10
	MOVD   R2, R11
	MOVD   R6, R12
	MOVD   R7, R13
	VEOR   V0.B16, V0.B16, V0.B16

step:
	CMP    $2, R13
	BLT    last
	VLD1.P 16(R8), [V1.B16]
	VEOR   V2.B16, V2.B16, V2.B16
	PLANE(R12)
	PLANE(R11)
	PLANE(R10)
	PLANE(R9)
	ADD_COUNTS
	SUB    $2, R13
	B      step

last:
	CBZ    R13, sum
	VLD1.P 8(R8), [V1.B8]
	VEOR   V2.B16, V2.B16, V2.B16
	LAST_PLANE(R12)
	LAST_PLANE(R11)
	LAST_PLANE(R10)
	LAST_PLANE(R9)
	ADD_COUNTS

sum:
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R13
	MOVW.P R13, 4(R5)
	SUB    $1, R4
	B      row

done:
	RET
