//go:build !purego

#include "textflag.h"

DATA  magnitude<>+0(SB)/4, $0x7FFFFFFF // all but the sign
GLOBL magnitude<>(SB), RODATA|NOPTR, $4
DATA  greatestCode<>+0(SB)/4, $0x42FE0000 // 127
DATA  greatestCode<>+4(SB)/4, $0xC2FE0000 // -127
GLOBL greatestCode<>(SB), RODATA|NOPTR, $8

// Where four doublewords of each half go when packing has taken them half by half.
DATA  unpacked<>+0(SB)/8, $0x0000000400000000
DATA  unpacked<>+8(SB)/8, $0x0000000500000001
DATA  unpacked<>+16(SB)/8, $0x0000000600000002
DATA  unpacked<>+24(SB)/8, $0x0000000700000003
GLOBL unpacked<>(SB), RODATA|NOPTR, $32

// func greatestAVX2(v *float32, n int) float32
TEXT ·greatestAVX2(SB), NOSPLIT, $0-20
	MOVQ         v+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS magnitude<>(SB), Y15
	VXORPS       Y0, Y0, Y0
	VXORPS       Y1, Y1, Y1
	XORQ         AX, AX
	JMP          check

step:
	VANDPS (SI)(AX*4), Y15, Y2
	VANDPS 32(SI)(AX*4), Y15, Y3
	VMAXPS Y2, Y0, Y0
	VMAXPS Y3, Y1, Y1
	VANDPS 64(SI)(AX*4), Y15, Y2
	VANDPS 96(SI)(AX*4), Y15, Y3
	VMAXPS Y2, Y0, Y0
	VMAXPS Y3, Y1, Y1
	ADDQ   $32, AX

check:
	CMPQ         AX, CX
	JLT          step
	VMAXPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0x4E, X0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0xB1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, ret+16(FP)
	VZEROUPPER
	RET

// ROUND leaves eight codes in y and adds what rounding changed to Y12.
#define ROUND(from, y) \
	VMULPS      from, Y15, y;  \
	VMINPS      Y14, y, Y8;    \
	VMAXPS      Y13, Y8, Y8;   \
	VROUNDPS    $0, Y8, Y8;    \
	VSUBPS      Y8, y, Y9;     \
	VFMADD231PS Y9, Y9, Y12;   \
	VCVTPS2DQ   Y8, y

// func roundInt8AVX2(codes *int8, v *float32, n int, scale float32) (lost float32)
TEXT ·roundInt8AVX2(SB), NOSPLIT, $0-36
	MOVQ         codes+0(FP), DI
	MOVQ         v+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS scale+24(FP), Y15
	VBROADCASTSS greatestCode<>+0(SB), Y14
	VBROADCASTSS greatestCode<>+4(SB), Y13
	VMOVDQU      unpacked<>(SB), Y11
	VXORPS       Y12, Y12, Y12
	XORQ         AX, AX
	JMP          check

step:
	ROUND((SI)(AX*4), Y0)
	ROUND(32(SI)(AX*4), Y1)
	ROUND(64(SI)(AX*4), Y2)
	ROUND(96(SI)(AX*4), Y3)
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKSSWB Y2, Y0, Y0
	VPERMD    Y0, Y11, Y0
	VMOVDQU   Y0, (DI)(AX*1)
	ADDQ      $32, AX

check:
	CMPQ         AX, CX
	JLT          step
	VEXTRACTF128 $1, Y12, X1
	VADDPS       X1, X12, X0
	VPERMILPS    $0x4E, X0, X1
	VADDPS       X1, X0, X0
	VPERMILPS    $0xB1, X0, X1
	VADDPS       X1, X0, X0
	VMOVSS       X0, lost+32(FP)
	VZEROUPPER
	RET
