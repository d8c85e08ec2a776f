//go:build !purego

#include "textflag.h"
#include "four_rows_amd64.h"

#define SIZE 4
#define LOAD VMOVUPS
#define PREFETCH(row) \
	PREFETCHT0 (row)(AX*SIZE); \
	PREFETCHT0 64(row)(AX*SIZE)

// func dotRowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·dotRowsAVX512(SB), NOSPLIT, $0-48
#define ADD(row, query, sum) \
	VFMADD231PS row, query, sum
#include "float_rows_avx512_amd64.h"

#undef ADD

// func squaredL2RowsAVX512(query *float32, n int, rows *uintptr, count int, out *float32, ahead int)
TEXT ·squaredL2RowsAVX512(SB), NOSPLIT, $0-48
#define ADD(row, query, sum) \
	VSUBPS      row, query, row; \
	VFMADD231PS row, row, sum
#include "float_rows_avx512_amd64.h"
