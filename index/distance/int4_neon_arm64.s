//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

// The halves of a row's bytes are small enough to be signed bytes, so that the instructions of the int8 kernels serve. One
// row at a time: a step has 128 elements, whose query takes 8 registers.
//
// Registers: R0 query, R1 steps, R3 next address, R4 rows to go, R5 out, R6 place in the query, R7 steps to go, R8 the row
// at work, R9 a later one (to be prefetched), V0–V3 accumulators, V4 and V5 scratch, V16–V23 query, V24–V27 row and its
// lower halves, V28–V31 its upper ones, V6 15 in every byte.

#define SUM \
	VADD  V1.S4, V0.S4, V0.S4; \
	VADD  V3.S4, V2.S4, V2.S4; \
	VADD  V2.S4, V0.S4, V0.S4; \
	VADDV V0.S4, V0;           \
	VMOV  V0.S[0], R10

// func dotInt4RowsDotProd(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt4RowsDotProd(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SDOT(sum, row, query)
#include "int4_rows_neon_arm64.h"

#undef ACCUMULATE

// func dotInt4RowsNEON(query *int8, bytes int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt4RowsNEON(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SMULL(4, row, query);  \
	SMULL2(5, row, query); \
	SADALP(sum, 4);        \
	SADALP(sum, 5)
#include "int4_rows_neon_arm64.h"
