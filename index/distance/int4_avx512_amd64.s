//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"
#include "sums_avx512_amd64.h"

// VPDPBUSD multiplies unsigned bytes, here the halves of a row's bytes, by signed ones and adds groups of four products to
// 32-bit lanes. Z4 and Z5 query, Z6 and Z7 row, Z9 15 in every byte.

#define ACCUMULATOR0 Z0
#define ACCUMULATOR1 Z1
#define ACCUMULATOR2 Z2
#define ACCUMULATOR3 Z3

#define ARGUMENTS \
	MOVL         $0x0F0F0F0F, AX; \
	VPBROADCASTD AX, Z9

#define CLEAR1 \
	VPXORD Z0, Z0, Z0

#define CLEAR4 \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3

#define QUERY \
	VMOVDQU8 (SI)(AX*2), Z4; \
	VMOVDQU8 64(SI)(AX*2), Z5

#define ROW(row, sum) \
	VMOVDQU8 (row)(AX*1), Z6; \
	VPANDD   Z6, Z9, Z7;      \
	VPSRLW   $4, Z6, Z6;      \
	VPANDD   Z6, Z9, Z6;      \
	VPDPBUSD Z4, Z7, sum;     \
	VPDPBUSD Z5, Z6, sum

// func dotInt4RowsAVX512(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt4RowsAVX512(SB), NOSPLIT, $0-48
#include "int4_rows_amd64.h"
