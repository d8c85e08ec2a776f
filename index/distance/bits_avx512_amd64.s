//go:build !purego

#include "textflag.h"
#include "sums_avx512_amd64.h"

// Planes are counted from the highest to the lowest and doubled in between: ((c₃·2 + c₂)·2 + c₁)·2 + c₀, in 64-bit lanes
// of small numbers, which SUM4 may add as 32-bit ones. The caller prefetches.
//
// Registers: SI plane 0, R12–R14 planes 1–3, CX words rounded down to whole steps of 8, R15 words left, K1 their mask, AX
// word of the step, DI next address, DX rows to go, BX out, R8–R11 the rows at work, Z0–Z3 accumulators, Z8–Z11 planes,
// Z12 row, Z13 and Z14 counts.

#define PLANES \
	VMOVDQU64 (SI)(AX*8), Z8;   \
	VMOVDQU64 (R12)(AX*8), Z9;  \
	VMOVDQU64 (R13)(AX*8), Z10; \
	VMOVDQU64 (R14)(AX*8), Z11

#define LAST_PLANES \
	VMOVDQU64.Z (SI)(AX*8), K1, Z8;   \
	VMOVDQU64.Z (R12)(AX*8), K1, Z9;  \
	VMOVDQU64.Z (R13)(AX*8), K1, Z10; \
	VMOVDQU64.Z (R14)(AX*8), K1, Z11

#define COUNT(sum) \
	VPANDQ   Z12, Z11, Z13; \
	VPOPCNTQ Z13, Z13;      \
	VPADDQ   Z13, Z13, Z13; \
	VPANDQ   Z12, Z10, Z14; \
	VPOPCNTQ Z14, Z14;      \
	VPADDQ   Z14, Z13, Z13; \
	VPADDQ   Z13, Z13, Z13; \
	VPANDQ   Z12, Z9, Z14;  \
	VPOPCNTQ Z14, Z14;      \
	VPADDQ   Z14, Z13, Z13; \
	VPADDQ   Z13, Z13, Z13; \
	VPANDQ   Z12, Z8, Z14;  \
	VPOPCNTQ Z14, Z14;      \
	VPADDQ   Z14, Z13, Z13; \
	VPADDQ   Z13, sum, sum

#define ROW(row, sum) \
	VMOVDQU64 (row)(AX*8), Z12; \
	COUNT(sum)

#define LAST(row, sum) \
	VMOVDQU64.Z (row)(AX*8), K1, Z12; \
	COUNT(sum)

// LAST_HALF is LAST for up to 4 words. A wider load would wait for the line behind a row of 32 bytes, mask or not.
#define LAST_HALF(row, sum) \
	VMOVDQU64.Z (row)(AX*8), K1, Y12; \
	COUNT(sum)

// func dotBitsRowsAVX512(planes *uint64, words int, rows *uintptr, count int, out *int32)
TEXT ·dotBitsRowsAVX512(SB), NOSPLIT, $0-40
	MOVQ  planes+0(FP), SI
	MOVQ  words+8(FP), CX
	MOVQ  rows+16(FP), DI
	MOVQ  count+24(FP), DX
	MOVQ  out+32(FP), BX
	LEAQ  (SI)(CX*8), R12
	LEAQ  (R12)(CX*8), R13
	LEAQ  (R13)(CX*8), R14
	MOVL  $-1, AX
	MOVL  CX, R8
	ANDL  $7, R8
	MOVL  R8, R15
	BZHIL R8, AX, AX
	KMOVB AX, K1
	ANDQ  $~7, CX

four:
	CMPQ   DX, $4
	JLT    one
	MOVQ   (DI), R8
	MOVQ   8(DI), R9
	MOVQ   16(DI), R10
	MOVQ   24(DI), R11
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    fourLast

fourStep:
	PLANES
	ROW(R8, Z0)
	ROW(R9, Z1)
	ROW(R10, Z2)
	ROW(R11, Z3)
	ADDQ $8, AX
	CMPQ AX, CX
	JLT  fourStep

fourLast:
	KTESTB K1, K1
	JEQ    fourSum
	LAST_PLANES
	CMPL   R15, $4
	JLE    fourHalf
	LAST(R8, Z0)
	LAST(R9, Z1)
	LAST(R10, Z2)
	LAST(R11, Z3)
	JMP    fourSum

fourHalf:
	LAST_HALF(R8, Z0)
	LAST_HALF(R9, Z1)
	LAST_HALF(R10, Z2)
	LAST_HALF(R11, Z3)

fourSum:
	SUM4
	VMOVDQU X0, (BX)
	ADDQ    $32, DI
	ADDQ    $16, BX
	SUBQ    $4, DX
	JMP     four

one:
	TESTQ  DX, DX
	JEQ    done
	MOVQ   (DI), R8
	VPXORD Z0, Z0, Z0
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    oneLast

oneStep:
	PLANES
	ROW(R8, Z0)
	ADDQ $8, AX
	CMPQ AX, CX
	JLT  oneStep

oneLast:
	KTESTB K1, K1
	JEQ    oneSum
	LAST_PLANES
	CMPL   R15, $4
	JLE    oneHalf
	LAST(R8, Z0)
	JMP    oneSum

oneHalf:
	LAST_HALF(R8, Z0)

oneSum:
	SUM1
	VMOVD X0, (BX)
	ADDQ  $8, DI
	ADDQ  $4, BX
	DECQ  DX
	JMP   one

done:
	VZEROUPPER
	RET
