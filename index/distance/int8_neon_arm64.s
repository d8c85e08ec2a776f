//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

// Four kernels: inner product and squared distance, with the dot-product instructions (FEAT_DotProd: most cores since
// 2018) and with what every arm64 has. All are exact: a product of int8 fits into 16 bits, a difference's magnitude into
// 8 without sign and its square into 16 without sign.
//
// The kernels take four rows at a time while four are left, then one at a time. The n%32 bytes left after whole steps are
// multiplied one by one. Registers: R0 query, R1 steps of 32, R2 bytes left, R3 next address, R4 rows to go, R5 out, R6
// place in the query, R7 steps to go, R8–R11 the rows at work, R12–R15 later ones (to be prefetched), then the sums, R16
// and R17 single bytes, V0–V3 and V4–V7 accumulators of the four rows, V16 and V17 query, V18–V25 rows, V26 and V27
// scratch.

#define SUM(even, odd, sum) \
	VADD  odd.S4, even.S4, even.S4; \
	VADDV even.S4, even;            \
	VMOV  even.S[0], sum

// Inner products: LAST adds one byte of a row times R16.

#define LAST(row, sum) \
	MOVB.P 1(row), R17; \
	MADDW  R17, sum, R16, sum

// func dotInt8RowsDotProd(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt8RowsDotProd(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SDOT(sum, row, query)
#include "int8_rows_neon_arm64.h"

#undef ACCUMULATE

// func dotInt8RowsNEON(query *int8, n int, rows *uintptr, count int, out *int32, ahead int)
TEXT ·dotInt8RowsNEON(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SMULL(26, row, query);  \
	SMULL2(27, row, query); \
	SADALP(sum, 26);        \
	SADALP(sum, 27)
#include "int8_rows_neon_arm64.h"

#undef ACCUMULATE
#undef LAST

// Squared distances: LAST adds the square of R16 less one byte of a row.

#define LAST(row, sum) \
	MOVB.P 1(row), R17;   \
	SUB    R17, R16, R17; \
	MADDW  R17, sum, R17, sum

// func squaredL2Int8RowsDotProd(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)
TEXT ·squaredL2Int8RowsDotProd(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SABD(row, row, query); \
	UDOT(sum, row, row)
#include "int8_rows_neon_arm64.h"

#undef ACCUMULATE

// func squaredL2Int8RowsNEON(query *int8, n int, rows *uintptr, count int, out *uint32, ahead int)
TEXT ·squaredL2Int8RowsNEON(SB), NOSPLIT, $0-48
#define ACCUMULATE(row, query, sum) \
	SABD(row, row, query); \
	UMULL(26, row, row);   \
	UMULL2(27, row, row);  \
	UADALP(sum, 26);       \
	UADALP(sum, 27)
#include "int8_rows_neon_arm64.h"
