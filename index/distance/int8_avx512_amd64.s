//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"
#include "sums_avx512_amd64.h"

// ARGUMENTS leaves the whole steps of n in CX and a mask of the rest in K1.
#define ARGUMENTS(step) \
	MOVQ  query+0(FP), SI;  \
	MOVQ  n+8(FP), CX;      \
	MOVQ  rows+16(FP), DI;  \
	MOVQ  count+24(FP), DX; \
	MOVQ  out+32(FP), BX;   \
	MOVQ  $-1, AX;          \
	MOVQ  CX, R8;           \
	ANDQ  $(step-1), R8;    \
	BZHIQ R8, AX, AX;       \
	KMOVQ AX, K1;           \
	ANDQ  $~(step-1), CX

// VPDPBUSD multiplies unsigned bytes by signed ones and adds groups of four products to 32-bit lanes, without
// saturation. Rows are signed, so the top bit of their bytes is flipped, which adds 128 to each, and 128·Σquery, computed
// once a call, is taken off the sums. Lanes wrap modulo 2³², and results fit. Z9 holds 128 in every byte.

#define STEP 64
#define LOAD VMOVDQU8

#define ROW(row, flipped, sum) \
	VPXORD   (row)(AX*1), Z9, flipped; \
	VPDPBUSD Z4, flipped, sum

#define LAST(row, flipped, sum) \
	VMOVDQU8.Z (row)(AX*1), K1, flipped; \
	VPXORD     flipped, Z9, flipped;     \
	VPDPBUSD   Z4, flipped, sum

// func dotInt8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt8RowsAVX512(SB), NOSPLIT, $0-48
	ARGUMENTS(STEP)
	MOVL         $0x80808080, AX
	VPBROADCASTD AX, Z9
	VPXORD       Z0, Z0, Z0
	XORQ         AX, AX
	CMPQ         AX, CX
	JGE          queryLast

queryStep:
	VPDPBUSD (SI)(AX*1), Z9, Z0 // 128, unsigned, times the query
	ADDQ     $STEP, AX
	CMPQ     AX, CX
	JLT      queryStep

queryLast:
	VMOVDQU8.Z (SI)(AX*1), K1, Z4
	VPDPBUSD   Z4, Z9, Z0
	SUM1
	VMOVDQA    X0, X10

#include "int8_rows_avx512_amd64.h"

#undef STEP
#undef LOAD
#undef ROW
#undef LAST

// A difference of bytes takes nine bits, so bytes become words first; VPDPWSSD squares the differences and adds pairs of
// squares to 32-bit lanes.

#define STEP 32
#define LOAD VPMOVSXBW

#define ROW(row, words, sum) \
	VPMOVSXBW (row)(AX*1), words; \
	VPSUBW    Z4, words, words;   \
	VPDPWSSD  words, words, sum

#define LAST(row, words, sum) \
	VPMOVSXBW.Z (row)(AX*1), K1, words; \
	VPSUBW      Z4, words, words;       \
	VPDPWSSD    words, words, sum

// func squaredL2Int8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)
TEXT ·squaredL2Int8RowsAVX512(SB), NOSPLIT, $0-48
	ARGUMENTS(STEP)
	VPXOR X10, X10, X10

#include "int8_rows_avx512_amd64.h"
