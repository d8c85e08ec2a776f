//go:build !purego

#include "textflag.h"
#include "instructions_arm64.h"

// As hadamard_avx2_amd64.s: one walk over blocks of 64 elements does passes 1 to 32, each later walk does two passes, or
// the one that is left over.
//
// Registers: R0 v, R1 its length in bytes, R2 the distance of the pass in bytes, R3–R6 the four places of a step, R7 bytes
// to go, R8 where v ends, V0–V15 elements, V16 and V17 scratch, V18 scale.

#define SCALE(x) FMUL(x, x, 18)

#define BUTTERFLY(x, y) \
	FSUB(16, x, y); \
	FADD(x, x, y);  \
	MOVE(y, 16)

// WITHIN does passes 1 and 2 on the four elements of two registers: it gathers the partners in one register each, and
// scatters sums and differences to where they were.
#define WITHIN(x, y) \
	TRN1(16, x, y);  \
	TRN2(17, x, y);  \
	FADD(x, 16, 17); \
	FSUB(y, 16, 17); \
	TRN1(16, x, y);  \
	TRN2(17, x, y);  \
	ZIP1(x, 16, 17); \
	ZIP2(y, 16, 17); \
	FADD(16, x, y);  \
	FSUB(17, x, y);  \
	ZIP1(x, 16, 17); \
	ZIP2(y, 16, 17)

// func hadamardNEON(v *float32, n int, scale float32)
TEXT ·hadamardNEON(SB), NOSPLIT, $0-20
	MOVD  v+0(FP), R0
	MOVD  n+8(FP), R1
	FMOVS scale+16(FP), F18
	VDUP  V18.S[0], V18.S4
	LSL   $2, R1
	MOVD  R0, R3
	MOVD  R1, R7
	ADD   R0, R1, R8

block:
	MOVD   R3, R4
	VLD1.P 64(R4), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R4), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R4), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P 64(R4), [V12.S4, V13.S4, V14.S4, V15.S4]
	SCALE(0)
	SCALE(1)
	SCALE(2)
	SCALE(3)
	SCALE(4)
	SCALE(5)
	SCALE(6)
	SCALE(7)
	SCALE(8)
	SCALE(9)
	SCALE(10)
	SCALE(11)
	SCALE(12)
	SCALE(13)
	SCALE(14)
	SCALE(15)
	WITHIN(0, 1)
	WITHIN(2, 3)
	WITHIN(4, 5)
	WITHIN(6, 7)
	WITHIN(8, 9)
	WITHIN(10, 11)
	WITHIN(12, 13)
	WITHIN(14, 15)
	BUTTERFLY(0, 1) // pass 4
	BUTTERFLY(2, 3)
	BUTTERFLY(4, 5)
	BUTTERFLY(6, 7)
	BUTTERFLY(8, 9)
	BUTTERFLY(10, 11)
	BUTTERFLY(12, 13)
	BUTTERFLY(14, 15)
	BUTTERFLY(0, 2) // pass 8
	BUTTERFLY(1, 3)
	BUTTERFLY(4, 6)
	BUTTERFLY(5, 7)
	BUTTERFLY(8, 10)
	BUTTERFLY(9, 11)
	BUTTERFLY(12, 14)
	BUTTERFLY(13, 15)
	BUTTERFLY(0, 4) // pass 16
	BUTTERFLY(1, 5)
	BUTTERFLY(2, 6)
	BUTTERFLY(3, 7)
	BUTTERFLY(8, 12)
	BUTTERFLY(9, 13)
	BUTTERFLY(10, 14)
	BUTTERFLY(11, 15)
	BUTTERFLY(0, 8) // pass 32
	BUTTERFLY(1, 9)
	BUTTERFLY(2, 10)
	BUTTERFLY(3, 11)
	BUTTERFLY(4, 12)
	BUTTERFLY(5, 13)
	BUTTERFLY(6, 14)
	BUTTERFLY(7, 15)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R3)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R3)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R3)
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R3)
	SUBS   $256, R7
	BNE    block

	MOVD $256, R2

two:                           // passes R2 and 2·R2 while both are there to do
	LSL  $1, R2, R3
	CMP  R1, R3
	BGE  one
	MOVD R0, R3

twoGroup:
	ADD  R2, R3, R4
	ADD  R2, R4, R5
	ADD  R2, R5, R6
	MOVD R2, R7

twoStep:
	VLD1   (R3), [V0.S4, V1.S4]
	VLD1   (R4), [V2.S4, V3.S4]
	VLD1   (R5), [V4.S4, V5.S4]
	VLD1   (R6), [V6.S4, V7.S4]
	BUTTERFLY(0, 2)
	BUTTERFLY(1, 3)
	BUTTERFLY(4, 6)
	BUTTERFLY(5, 7)
	BUTTERFLY(0, 4)
	BUTTERFLY(1, 5)
	BUTTERFLY(2, 6)
	BUTTERFLY(3, 7)
	VST1.P [V0.S4, V1.S4], 32(R3)
	VST1.P [V2.S4, V3.S4], 32(R4)
	VST1.P [V4.S4, V5.S4], 32(R5)
	VST1.P [V6.S4, V7.S4], 32(R6)
	SUBS   $32, R7
	BNE    twoStep

	MOVD R6, R3
	CMP  R8, R3
	BLT  twoGroup
	LSL  $2, R2
	B    two

one:                           // pass R2 if it is the last
	CMP  R1, R2
	BGE  done
	MOVD R0, R3
	ADD  R2, R0, R4
	MOVD R2, R7

oneStep:
	VLD1   (R3), [V0.S4, V1.S4]
	VLD1   (R4), [V2.S4, V3.S4]
	BUTTERFLY(0, 2)
	BUTTERFLY(1, 3)
	VST1.P [V0.S4, V1.S4], 32(R3)
	VST1.P [V2.S4, V3.S4], 32(R4)
	SUBS   $32, R7
	BNE    oneStep

done:
	RET
