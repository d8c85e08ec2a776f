//go:build !purego

#include "textflag.h"

// AVX2 has no population count: VPSHUFB looks the bits of each half byte up in a table (Muła, Kurz and Lemire, "Faster
// population counts using AVX2 instructions", 2018). A byte counts up to 8, so the weighted sum of four planes, at most
// 8·15, fits into a byte, and VPSADBW adds the bytes up once for all planes.
//
// Registers: SI plane 0, R12–R14 planes 1–3, CX words rounded down to whole steps of 4, R9 words, AX word of the
// step, DI next address, DX rows to go, BX out, R8 the row at work, Y0 accumulator, Y1 row, Y2 weighted counts, Y3 and Y4
// scratch, Y13 zero, Y14 the table, Y15 15 in every byte.

DATA  counts<>+0(SB)/8, $0x0302020102010100
DATA  counts<>+8(SB)/8, $0x0403030203020201
DATA  counts<>+16(SB)/8, $0x0302020102010100
DATA  counts<>+24(SB)/8, $0x0403030203020201
GLOBL counts<>(SB), RODATA|NOPTR, $32

// COUNT adds the bits of each byte of Y3 to the bytes of Y2.
#define COUNT \
	VPSRLW  $4, Y3, Y4;  \
	VPAND   Y15, Y3, Y3; \
	VPAND   Y15, Y4, Y4; \
	VPSHUFB Y3, Y14, Y3; \
	VPSHUFB Y4, Y14, Y4; \
	VPADDB  Y3, Y2, Y2;  \
	VPADDB  Y4, Y2, Y2

#define PLANE(plane) \
	VPADDB Y2, Y2, Y2;            \
	VPAND  (plane)(AX*8), Y1, Y3; \
	COUNT

// WORD_PLANE reads one word and leaves the rest of Y3 zero.
#define WORD_PLANE(plane) \
	VPADDB Y2, Y2, Y2;        \
	VMOVQ  (plane)(AX*8), X3; \
	VPAND  Y1, Y3, Y3;        \
	COUNT

#define ADD_COUNTS \
	VPSADBW Y13, Y2, Y2; \
	VPADDQ  Y2, Y0, Y0

// func dotBitsRowsAVX2(planes *uint64, words int, rows *uintptr, count int, out *int32)
TEXT ·dotBitsRowsAVX2(SB), NOSPLIT, $0-40
	MOVQ         planes+0(FP), SI
	MOVQ         words+8(FP), CX
	MOVQ         rows+16(FP), DI
	MOVQ         count+24(FP), DX
	MOVQ         out+32(FP), BX
	LEAQ         (SI)(CX*8), R12
	LEAQ         (R12)(CX*8), R13
	LEAQ         (R13)(CX*8), R14
	MOVQ         CX, R9
	ANDQ         $~3, CX
	VMOVDQU      counts<>(SB), Y14
	MOVL         $0x0F0F0F0F, AX
	VMOVD        AX, X15
	VPBROADCASTD X15, Y15
	VPXOR        Y13, Y13, Y13

row:
	DECQ  DX
	JLT   done
	MOVQ  (DI), R8
	VPXOR Y0, Y0, Y0
	XORQ  AX, AX
	CMPQ  AX, CX
	JGE   word

step:
	VMOVDQU (R8)(AX*8), Y1
	VPXOR   Y2, Y2, Y2
	PLANE(R14)
	PLANE(R13)
	PLANE(R12)
	PLANE(SI)
	ADD_COUNTS
	ADDQ    $4, AX
	CMPQ    AX, CX
	JLT     step

word:                             // the words left, one by one
	CMPQ  AX, R9
	JGE   sum
	VMOVQ (R8)(AX*8), X1
	VPXOR Y2, Y2, Y2
	WORD_PLANE(R14)
	WORD_PLANE(R13)
	WORD_PLANE(R12)
	WORD_PLANE(SI)
	ADD_COUNTS
	INCQ  AX
	JMP   word

sum:
	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDQ       X1, X0, X0
	VMOVD        X0, (BX)
	ADDQ         $8, DI
	ADDQ         $4, BX
	JMP          row

done:
	VZEROUPPER
	RET
