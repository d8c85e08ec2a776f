//go:build !purego

#include "textflag.h"

// Both kernels take four rows at a time while four are left, then one at a time. Registers: SI query, CX n rounded down
// to whole steps, K1 mask of the bytes left after them, AX byte of the step, DI next address, DX rows to go, BX out,
// R8–R11 the rows at work, R12–R15 the rows after them (to be prefetched), Z0–Z3 accumulators, Z4 query, Z5–Z8 rows.

#define ARGUMENTS \
	MOVQ query+0(FP), SI; \
	MOVQ n+8(FP), CX;     \
	MOVQ rows+16(FP), DI; \
	MOVQ count+24(FP), DX; \
	MOVQ out+32(FP), BX

// SPLIT leaves the whole steps of n in CX and a mask of the rest in K1.
#define SPLIT(step) \
	MOVQ  $-1, AX;      \
	MOVQ  CX, R8;       \
	ANDQ  $(step-1), R8; \
	BZHIQ R8, AX, AX;   \
	KMOVQ AX, K1;       \
	ANDQ  $~(step-1), CX

#define CLEAR4 \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3; \
	XORQ   AX, AX

#define ROWS4 \
	MOVQ (DI), R8;    \
	MOVQ 8(DI), R9;   \
	MOVQ 16(DI), R10; \
	MOVQ 24(DI), R11

#define NEXT4 \
	MOVQ 32(DI), R12; \
	MOVQ 40(DI), R13; \
	MOVQ 48(DI), R14; \
	MOVQ 56(DI), R15

// The last rows have none after them and prefetch themselves, which costs nothing.
#define NO_NEXT4 \
	MOVQ R8, R12;  \
	MOVQ R9, R13;  \
	MOVQ R10, R14; \
	MOVQ R11, R15

#define PREFETCH4 \
	PREFETCHT0 (R12)(AX*1); \
	PREFETCHT0 (R13)(AX*1); \
	PREFETCHT0 (R14)(AX*1); \
	PREFETCHT0 (R15)(AX*1)

// SUM4 adds the lanes of Z0–Z3 up to one lane each, in X0.
#define SUM4 \
	VPUNPCKLDQ    Z1, Z0, Z4;  \
	VPUNPCKHDQ    Z1, Z0, Z5;  \
	VPADDD        Z5, Z4, Z4;  \
	VPUNPCKLDQ    Z3, Z2, Z6;  \
	VPUNPCKHDQ    Z3, Z2, Z7;  \
	VPADDD        Z7, Z6, Z6;  \
	VPUNPCKLQDQ   Z6, Z4, Z5;  \
	VPUNPCKHQDQ   Z6, Z4, Z7;  \
	VPADDD        Z7, Z5, Z0;  \
	VEXTRACTI64X4 $1, Z0, Y1;  \
	VPADDD        Y1, Y0, Y0;  \
	VEXTRACTI128  $1, Y0, X1;  \
	VPADDD        X1, X0, X0

// SUM1 adds the lanes of Z0 up; every lane of X0 gets the sum.
#define SUM1 \
	VEXTRACTI64X4 $1, Z0, Y1; \
	VPADDD        Y1, Y0, Y0; \
	VEXTRACTI128  $1, Y0, X1; \
	VPADDD        X1, X0, X0; \
	VPSHUFD       $0x4E, X0, X1; \
	VPADDD        X1, X0, X0; \
	VPSHUFD       $0xB1, X0, X1; \
	VPADDD        X1, X0, X0

// VPDPBUSD multiplies unsigned bytes by signed ones and adds groups of four products to 32-bit lanes, without
// saturation. Rows are signed, so the top bit of their bytes is flipped, which adds 128 to each, and the kernel takes
// 128·Σquery, computed once a call, off the sum. Lanes wrap modulo 2³², and results fit.
//
// Also Z9 holds 128 in every byte, and X10 128·Σquery in every lane.

#define ROW(row, flipped, sum) \
	VPXORD   (row)(AX*1), Z9, flipped; \
	VPDPBUSD Z4, flipped, sum

#define LAST(row, flipped, sum) \
	VMOVDQU8.Z (row)(AX*1), K1, flipped; \
	VPXORD     flipped, Z9, flipped;     \
	VPDPBUSD   Z4, flipped, sum

// func dotInt8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *int32)
TEXT ·dotInt8RowsAVX512(SB), NOSPLIT, $0-40
	ARGUMENTS
	SPLIT(64)
	MOVL         $0x80808080, AX
	VPBROADCASTD AX, Z9
	VPXORD       Z0, Z0, Z0
	XORQ         AX, AX
	CMPQ         AX, CX
	JGE          queryLast

queryStep:
	VPDPBUSD (SI)(AX*1), Z9, Z0 // 128, unsigned, times the query
	ADDQ     $64, AX
	CMPQ     AX, CX
	JLT      queryStep

queryLast:
	VMOVDQU8.Z (SI)(AX*1), K1, Z4
	VPDPBUSD   Z4, Z9, Z0
	SUM1
	VMOVDQA    X0, X10

four:
	CMPQ DX, $4
	JLT  one
	ROWS4
	CLEAR4
	CMPQ DX, $8
	JGE  next
	NO_NEXT4
	JMP  begin

next:
	NEXT4

begin:
	CMPQ AX, CX
	JGE  fourLast

fourStep:
	PREFETCH4
	VMOVDQU8 (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ROW(R9, Z6, Z1)
	ROW(R10, Z7, Z2)
	ROW(R11, Z8, Z3)
	ADDQ     $64, AX
	CMPQ     AX, CX
	JLT      fourStep

fourLast:
	KTESTQ     K1, K1
	JEQ        fourSum
	VMOVDQU8.Z (SI)(AX*1), K1, Z4
	LAST(R8, Z5, Z0)
	LAST(R9, Z6, Z1)
	LAST(R10, Z7, Z2)
	LAST(R11, Z8, Z3)

fourSum:
	SUM4
	VPSUBD  X10, X0, X0
	VMOVDQU X0, (BX)
	ADDQ    $32, DI
	ADDQ    $16, BX
	SUBQ    $4, DX
	JMP     four

one:
	TESTQ  DX, DX
	JEQ    done
	MOVQ   (DI), R8
	VPXORD Z0, Z0, Z0
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    oneLast

oneStep:
	VMOVDQU8 (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ADDQ     $64, AX
	CMPQ     AX, CX
	JLT      oneStep

oneLast:
	KTESTQ     K1, K1
	JEQ        oneSum
	VMOVDQU8.Z (SI)(AX*1), K1, Z4
	LAST(R8, Z5, Z0)

oneSum:
	SUM1
	VPSUBD X10, X0, X0
	VMOVD  X0, (BX)
	ADDQ   $8, DI
	ADDQ   $4, BX
	DECQ   DX
	JMP    one

done:
	VZEROUPPER
	RET

#undef ROW
#undef LAST

// A difference of bytes takes nine bits, so bytes become words first, 32 a step; VPDPWSSD squares the differences and
// adds pairs of squares to 32-bit lanes.

#define ROW(row, words, sum) \
	VPMOVSXBW (row)(AX*1), words; \
	VPSUBW    Z4, words, words;   \
	VPDPWSSD  words, words, sum

#define LAST(row, words, sum) \
	VPMOVSXBW.Z (row)(AX*1), K1, words; \
	VPSUBW      Z4, words, words;       \
	VPDPWSSD    words, words, sum

// func squaredL2Int8RowsAVX512(query *int8, n int, rows *uintptr, count int, out *uint32)
TEXT ·squaredL2Int8RowsAVX512(SB), NOSPLIT, $0-40
	ARGUMENTS
	SPLIT(32)

four:
	CMPQ DX, $4
	JLT  one
	ROWS4
	CLEAR4
	CMPQ DX, $8
	JGE  next
	NO_NEXT4
	JMP  begin

next:
	NEXT4

begin:
	CMPQ AX, CX
	JGE  fourLast

fourStep:
	PREFETCH4                  // twice a line, but a loop of two steps would need two kinds of rest
	VPMOVSXBW (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ROW(R9, Z6, Z1)
	ROW(R10, Z7, Z2)
	ROW(R11, Z8, Z3)
	ADDQ      $32, AX
	CMPQ      AX, CX
	JLT       fourStep

fourLast:
	KTESTQ      K1, K1
	JEQ         fourSum
	VPMOVSXBW.Z (SI)(AX*1), K1, Z4
	LAST(R8, Z5, Z0)
	LAST(R9, Z6, Z1)
	LAST(R10, Z7, Z2)
	LAST(R11, Z8, Z3)

fourSum:
	SUM4
	VMOVDQU X0, (BX)
	ADDQ    $32, DI
	ADDQ    $16, BX
	SUBQ    $4, DX
	JMP     four

one:
	TESTQ  DX, DX
	JEQ    done
	MOVQ   (DI), R8
	VPXORD Z0, Z0, Z0
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    oneLast

oneStep:
	VPMOVSXBW (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ADDQ      $32, AX
	CMPQ      AX, CX
	JLT       oneStep

oneLast:
	KTESTQ      K1, K1
	JEQ         oneSum
	VPMOVSXBW.Z (SI)(AX*1), K1, Z4
	LAST(R8, Z5, Z0)

oneSum:
	SUM1
	VMOVD X0, (BX)
	ADDQ  $8, DI
	ADDQ  $4, BX
	DECQ  DX
	JMP   one

done:
	VZEROUPPER
	RET
