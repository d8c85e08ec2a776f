//go:build !purego

#include "textflag.h"

// The transform is log₂n passes, pass h of butterflies (x, y) → (x+y, x−y) between elements h apart, h = 1, 2, 4, …
// Passes are merged so that memory is walked through fewer times: the first walk takes 64 elements at a time into eight
// registers and does passes 1 to 32 on them, later walks do two passes each (four registers, from four places) and, when
// one pass is left over, the last does one. Each butterfly rounds the same two operations as in Go.
//
// Registers: DI v, CX its length in bytes, AX and BX positions in bytes, DX the distance of the pass in bytes, Y0–Y7
// elements, Y8 scratch, Y12 scale, Y13–Y15 signs.

// Signs of the passes within a register: the second of each pair is negated before its partner is added.
DATA  signs<>+0(SB)/8, $0xBF8000003F800000  // + −
DATA  signs<>+8(SB)/8, $0xBF8000003F800000
DATA  signs<>+16(SB)/8, $0xBF8000003F800000
DATA  signs<>+24(SB)/8, $0xBF8000003F800000
DATA  signs<>+32(SB)/8, $0x3F8000003F800000 // + + − −
DATA  signs<>+40(SB)/8, $0xBF800000BF800000
DATA  signs<>+48(SB)/8, $0x3F8000003F800000
DATA  signs<>+56(SB)/8, $0xBF800000BF800000
DATA  signs<>+64(SB)/8, $0x3F8000003F800000 // + + + + − − − −
DATA  signs<>+72(SB)/8, $0x3F8000003F800000
DATA  signs<>+80(SB)/8, $0xBF800000BF800000
DATA  signs<>+88(SB)/8, $0xBF800000BF800000
GLOBL signs<>(SB), RODATA|NOPTR, $96

// WITHIN does passes 1, 2 and 4 on the eight elements of a register.
#define WITHIN(y) \
	VMULPS      Y12, y, y;       \
	VPERMILPS   $0xB1, y, Y8;    \
	VFMADD132PS Y13, Y8, y;      \
	VPERMILPS   $0x4E, y, Y8;    \
	VFMADD132PS Y14, Y8, y;      \
	VPERM2F128  $0x01, y, y, Y8; \
	VFMADD132PS Y15, Y8, y

#define BUTTERFLY(x, y) \
	VSUBPS  y, x, Y8; \
	VADDPS  y, x, x;  \
	VMOVAPS Y8, y

// func hadamardAVX2(v *float32, n int, scale float32)
TEXT ·hadamardAVX2(SB), NOSPLIT, $0-20
	MOVQ         v+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS scale+16(FP), Y12
	VMOVUPS      signs<>+0(SB), Y13
	VMOVUPS      signs<>+32(SB), Y14
	VMOVUPS      signs<>+64(SB), Y15
	SHLQ         $2, CX
	XORQ         AX, AX

block:
	VMOVUPS (DI)(AX*1), Y0
	VMOVUPS 32(DI)(AX*1), Y1
	VMOVUPS 64(DI)(AX*1), Y2
	VMOVUPS 96(DI)(AX*1), Y3
	VMOVUPS 128(DI)(AX*1), Y4
	VMOVUPS 160(DI)(AX*1), Y5
	VMOVUPS 192(DI)(AX*1), Y6
	VMOVUPS 224(DI)(AX*1), Y7
	WITHIN(Y0)
	WITHIN(Y1)
	WITHIN(Y2)
	WITHIN(Y3)
	WITHIN(Y4)
	WITHIN(Y5)
	WITHIN(Y6)
	WITHIN(Y7)
	BUTTERFLY(Y0, Y1) // pass 8
	BUTTERFLY(Y2, Y3)
	BUTTERFLY(Y4, Y5)
	BUTTERFLY(Y6, Y7)
	BUTTERFLY(Y0, Y2) // pass 16
	BUTTERFLY(Y1, Y3)
	BUTTERFLY(Y4, Y6)
	BUTTERFLY(Y5, Y7)
	BUTTERFLY(Y0, Y4) // pass 32
	BUTTERFLY(Y1, Y5)
	BUTTERFLY(Y2, Y6)
	BUTTERFLY(Y3, Y7)
	VMOVUPS Y0, (DI)(AX*1)
	VMOVUPS Y1, 32(DI)(AX*1)
	VMOVUPS Y2, 64(DI)(AX*1)
	VMOVUPS Y3, 96(DI)(AX*1)
	VMOVUPS Y4, 128(DI)(AX*1)
	VMOVUPS Y5, 160(DI)(AX*1)
	VMOVUPS Y6, 192(DI)(AX*1)
	VMOVUPS Y7, 224(DI)(AX*1)
	ADDQ    $256, AX
	CMPQ    AX, CX
	JLT     block

	MOVQ $256, DX

two:                           // passes DX and 2·DX while both are there to do
	LEAQ (DX)(DX*1), R8
	CMPQ R8, CX
	JGE  one
	LEAQ (R8)(DX*1), R9 // 3·DX
	MOVQ DI, SI
	LEAQ (DI)(CX*1), R10

twoGroup:
	LEAQ (SI)(DX*1), BX // where the first quarter ends

twoStep:
	VMOVUPS (SI), Y0
	VMOVUPS (SI)(DX*1), Y1
	VMOVUPS (SI)(R8*1), Y2
	VMOVUPS (SI)(R9*1), Y3
	BUTTERFLY(Y0, Y1)
	BUTTERFLY(Y2, Y3)
	BUTTERFLY(Y0, Y2)
	BUTTERFLY(Y1, Y3)
	VMOVUPS Y0, (SI)
	VMOVUPS Y1, (SI)(DX*1)
	VMOVUPS Y2, (SI)(R8*1)
	VMOVUPS Y3, (SI)(R9*1)
	ADDQ    $32, SI
	CMPQ    SI, BX
	JCS     twoStep

	ADDQ R9, SI
	CMPQ SI, R10
	JCS  twoGroup
	SHLQ $2, DX
	JMP  two

one:                           // pass DX if it is the last
	CMPQ DX, CX
	JGE  done
	LEAQ (DI)(DX*1), BX

oneStep:
	VMOVUPS (DI), Y0
	VMOVUPS (DI)(DX*1), Y1
	BUTTERFLY(Y0, Y1)
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, (DI)(DX*1)
	ADDQ    $32, DI
	CMPQ    DI, BX
	JCS     oneStep

done:
	VZEROUPPER
	RET
