//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

#define SIZE 2

// FCVTL widens exactly, so the sums are those of float32. From the top down, so that nothing is overwritten too early.
#define LOAD(from) \
	VLD1.P 64(from), [V24.H8, V25.H8, V26.H8, V27.H8]; \
	FCVTL2(31, 27);                                    \
	FCVTL(30, 27);                                     \
	FCVTL2(29, 26);                                    \
	FCVTL(28, 26);                                     \
	FCVTL2(27, 25);                                    \
	FCVTL(26, 25);                                     \
	FCVTL2(25, 24);                                    \
	FCVTL(24, 24)

#define COPY(from, into) \
	MOVHU.P 2(from), R12; \
	MOVH.P  R12, 2(into)

// func dotF16RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotF16RowsNEON(SB), NOSPLIT, $256-48
#define ACCUMULATE(row, query, sum) \
	FMLA(sum, row, query)
#include "float_rows_neon_arm64.h"

#undef ACCUMULATE

// func squaredL2F16RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2F16RowsNEON(SB), NOSPLIT, $256-48
#define ACCUMULATE(row, query, sum) \
	FSUB(row, query, row); \
	FMLA(sum, row, row)
#include "float_rows_neon_arm64.h"

// Registers of the conversions: R0 destination, R1 source, R2 elements to go (a multiple of 8).

// func toFloat16NEON(dst *uint16, src *float32, n int)
TEXT ·toFloat16NEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2

step:
	CBZ    R2, done
	VLD1.P 32(R1), [V0.S4, V1.S4]
	FCVTN(2, 0) // to nearest, ties to even: Go leaves the rounding mode as it is at start
	FCVTN2(2, 1)
	VST1.P [V2.H8], 16(R0)
	SUB    $8, R2
	B      step

done:
	RET

// func fromFloat16NEON(dst *float32, src *uint16, n int)
TEXT ·fromFloat16NEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2

step:
	CBZ    R2, done
	VLD1.P 16(R1), [V2.H8]
	FCVTL(0, 2)
	FCVTL2(1, 2)
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUB    $8, R2
	B      step

done:
	RET
