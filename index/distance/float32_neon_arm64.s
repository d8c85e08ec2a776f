//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

#define SIZE 4

#define LOAD(from) \
	VLD1.P 64(from), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	VLD1.P 64(from), [V28.S4, V29.S4, V30.S4, V31.S4]

#define COPY(from, into) \
	MOVWU.P 4(from), R12; \
	MOVW.P  R12, 4(into)

// func dotRowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotRowsNEON(SB), NOSPLIT, $256-48
#define ACCUMULATE(row, query, sum) \
	FMLA(sum, row, query)
#include "float_rows_neon_arm64.h"

#undef ACCUMULATE

// func squaredL2RowsNEON(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2RowsNEON(SB), NOSPLIT, $256-48
#define ACCUMULATE(row, query, sum) \
	FSUB(row, query, row); \
	FMLA(sum, row, row)
#include "float_rows_neon_arm64.h"
