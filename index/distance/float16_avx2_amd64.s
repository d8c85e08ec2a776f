//go:build !purego

#include "textflag.h"

// As float32_avx2_amd64.s, but VCVTPH2PS widens rows as they are read. That is exact, so the sums are those of float32.

#define SIZE 2
#define LOAD VCVTPH2PS
#define COPY MOVW
#define PREFETCH(row) PREFETCHT0 (row)(AX*SIZE)

// func dotF16RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotF16RowsAVX2(SB), NOSPLIT, $256-48
#define ADD(row, query, sum) \
	VFMADD231PS row, query, sum
#include "float_rows_avx2_amd64.h"

#undef ADD

// func squaredL2F16RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2F16RowsAVX2(SB), NOSPLIT, $256-48
#define ADD(row, query, sum) \
	VSUBPS      row, query, row; \
	VFMADD231PS row, row, sum
#include "float_rows_avx2_amd64.h"

// Registers of the conversions: SI source, DI destination, CX elements (a multiple of 8), AX element.

// func toFloat16AVX2(dst *uint16, src *float32, n int)
TEXT ·toFloat16AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ AX, AX
	JMP  check

step:
	VMOVUPS   (SI)(AX*4), Y0
	VCVTPS2PH $0, Y0, (DI)(AX*2) // 0: to nearest, ties to even
	ADDQ      $8, AX

check:
	CMPQ AX, CX
	JLT  step
	VZEROUPPER
	RET

// func fromFloat16AVX2(dst *float32, src *uint16, n int)
TEXT ·fromFloat16AVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ AX, AX
	JMP  check

step:
	VCVTPH2PS (SI)(AX*2), Y0
	VMOVUPS   Y0, (DI)(AX*4)
	ADDQ      $8, AX

check:
	CMPQ AX, CX
	JLT  step
	VZEROUPPER
	RET
