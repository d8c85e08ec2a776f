//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"
#include "sums_avx2_amd64.h"

// Bytes become words first (VPMOVSXBW), 32 a step; VPMADDWD multiplies words and adds pairs of products to 32-bit lanes,
// exactly. VPMADDUBSW would do without the widening but saturates at 16 bits, and is wrong for it.
//
// Both kernels take four rows at a time while four are left, then one at a time. The n%32 bytes left after whole steps
// are multiplied one by one: AVX2 cannot load a part of a vector of bytes. Registers: SI query, CX n rounded down to
// whole steps, AX byte of the step, DI next address, DX rows to go, BX out, R8–R11 the rows at work, R12–R15 later ones
// (to be prefetched; then R12 and R13 hold single bytes), Y0–Y3 accumulators, Y4 and Y5 query, Y6 and Y7 rows.

#define ARGUMENTS \
	MOVQ query+0(FP), SI;  \
	MOVQ n+8(FP), CX;      \
	MOVQ rows+16(FP), DI;  \
	MOVQ count+24(FP), DX; \
	MOVQ out+32(FP), BX;   \
	ANDQ $~31, CX

#define QUERY \
	VPMOVSXBW (SI)(AX*1), Y4; \
	VPMOVSXBW 16(SI)(AX*1), Y5

#define ROW(row, sum) \
	VPMOVSXBW (row)(AX*1), Y6;   \
	VPMOVSXBW 16(row)(AX*1), Y7; \
	VPMADDWD  Y4, Y6, Y6;        \
	VPMADDWD  Y5, Y7, Y7;        \
	VPADDD    Y6, sum, sum;      \
	VPADDD    Y7, sum, sum

// LAST adds byte AX of a row, times R12, to the 32 bits at out.
#define LAST(row, out) \
	MOVBLSX (row)(AX*1), R13; \
	IMULL   R12, R13;         \
	ADDL    R13, out

// func dotInt8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt8RowsAVX2(SB), NOSPLIT, $0-48
#include "int8_rows_avx2_amd64.h"

#undef ROW
#undef LAST

#define ROW(row, sum) \
	VPMOVSXBW (row)(AX*1), Y6;   \
	VPMOVSXBW 16(row)(AX*1), Y7; \
	VPSUBW    Y4, Y6, Y6;        \
	VPSUBW    Y5, Y7, Y7;        \
	VPMADDWD  Y6, Y6, Y6;        \
	VPMADDWD  Y7, Y7, Y7;        \
	VPADDD    Y6, sum, sum;      \
	VPADDD    Y7, sum, sum

#define LAST(row, out) \
	MOVBLSX (row)(AX*1), R13; \
	SUBL    R12, R13;         \
	IMULL   R13, R13;         \
	ADDL    R13, out

// func squaredL2Int8RowsAVX2(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)
TEXT ·squaredL2Int8RowsAVX2(SB), NOSPLIT, $0-48
#include "int8_rows_avx2_amd64.h"
