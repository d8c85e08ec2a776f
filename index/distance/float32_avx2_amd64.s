//go:build !purego

#include "textflag.h"

#define SIZE 4
#define LOAD VMOVUPS
#define COPY MOVL
#define PREFETCH(row) \
	PREFETCHT0 (row)(AX*SIZE); \
	PREFETCHT0 64(row)(AX*SIZE)

// func dotRowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotRowsAVX2(SB), NOSPLIT, $256-48
#define ADD(row, query, sum) \
	VFMADD231PS row, query, sum
#include "float_rows_avx2_amd64.h"

#undef ADD

// func squaredL2RowsAVX2(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2RowsAVX2(SB), NOSPLIT, $256-48
#define ADD(row, query, sum) \
	VSUBPS      row, query, row; \
	VFMADD231PS row, row, sum
#include "float_rows_avx2_amd64.h"
