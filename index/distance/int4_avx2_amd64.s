//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"
#include "sums_avx2_amd64.h"

// VPMADDUBSW multiplies unsigned bytes, here the halves of a row's bytes, by signed ones and adds pairs of products to
// 16-bit lanes, which saturate: the greatest pair is 2·15·128, and eight pairs fit, of which four are added before
// VPMADDWD makes 32-bit lanes of them. Y4–Y7 query, Y8 15 in every byte, Y9 1 in every word, Y10–Y13 row.

#define ACCUMULATOR0 Y0
#define ACCUMULATOR1 Y1
#define ACCUMULATOR2 Y2
#define ACCUMULATOR3 Y3

#define ARGUMENTS \
	MOVL         $0x0F0F0F0F, AX; \
	VMOVD        AX, X8;          \
	VPBROADCASTD X8, Y8;          \
	MOVL         $0x00010001, AX; \
	VMOVD        AX, X9;          \
	VPBROADCASTD X9, Y9

#define CLEAR1 \
	VPXOR Y0, Y0, Y0

#define CLEAR4 \
	VPXOR Y0, Y0, Y0; \
	VPXOR Y1, Y1, Y1; \
	VPXOR Y2, Y2, Y2; \
	VPXOR Y3, Y3, Y3

#define QUERY \
	VMOVDQU (SI)(AX*2), Y4;   \
	VMOVDQU 32(SI)(AX*2), Y5; \
	VMOVDQU 64(SI)(AX*2), Y6; \
	VMOVDQU 96(SI)(AX*2), Y7

#define ROW(row, sum) \
	VMOVDQU    (row)(AX*1), Y10;   \
	VMOVDQU    32(row)(AX*1), Y11; \
	VPAND      Y10, Y8, Y12;       \
	VPAND      Y11, Y8, Y13;       \
	VPSRLW     $4, Y10, Y10;       \
	VPSRLW     $4, Y11, Y11;       \
	VPAND      Y10, Y8, Y10;       \
	VPAND      Y11, Y8, Y11;       \
	VPMADDUBSW Y4, Y12, Y12;       \
	VPMADDUBSW Y5, Y13, Y13;       \
	VPMADDUBSW Y6, Y10, Y10;       \
	VPMADDUBSW Y7, Y11, Y11;       \
	VPADDW     Y13, Y12, Y12;      \
	VPADDW     Y11, Y10, Y10;      \
	VPADDW     Y10, Y12, Y12;      \
	VPMADDWD   Y9, Y12, Y12;       \
	VPADDD     Y12, sum, sum

// func dotInt4RowsAVX2(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt4RowsAVX2(SB), NOSPLIT, $0-48
#include "int4_rows_amd64.h"
