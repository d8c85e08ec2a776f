//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"

// As float32_avx512_amd64.s, but VCVTPH2PS widens rows as they are read. That is exact, so the sums are those of float32.

#define SIZE 2
#define LOAD VCVTPH2PS
#define PREFETCH(row) PREFETCHT0 (row)(AX*SIZE)

// func dotF16RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotF16RowsAVX512(SB), NOSPLIT, $0-48
#define ADD(row, query, sum) \
	VFMADD231PS row, query, sum
#include "float_rows_avx512_amd64.h"

#undef ADD

// func squaredL2F16RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2F16RowsAVX512(SB), NOSPLIT, $0-48
#define ADD(row, query, sum) \
	VSUBPS      row, query, row; \
	VFMADD231PS row, row, sum
#include "float_rows_avx512_amd64.h"
