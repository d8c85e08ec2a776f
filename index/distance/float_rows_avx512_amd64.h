// The body of the AVX-512 float kernels. The file that includes it defines
//   SIZE                 bytes an element of a row
//   LOAD memory, Z       reads 16 elements of a row as float32; LOAD.Z memory, K, Z those of a mask, and 0 for the rest
//   ADD(row, query, sum) adds what 16 elements contribute; may overwrite row
//
// Order of sums: element i goes to lane i%32 of a row's two accumulators, and the 32 lanes are added by halves: 16 to
// 16, 8 to 8, 4 to 4, 2 to 2, 1 to 1. The AVX2 and NEON kernels keep to it, so all give the same bits. One row at a time
// takes the same steps as four.
//
// Registers: SI query, CX n rounded down to whole steps of 32, AX element of the step, K1 and K2 masks of the elements
// that are left after the whole steps, DI next address, DX rows to go, BX out, R8–R11 the rows at work, R12–R15 later
// ones (to be prefetched), Z0–Z3 and Z4–Z7 the accumulators of rows 0–3, Z8 and Z9 query, Z10 and Z11 rows.

#define ROW(row, low, high) \
	LOAD (row)(AX*SIZE), Z10;          \
	LOAD (16*SIZE)(row)(AX*SIZE), Z11; \
	ADD(Z10, Z8, low);                 \
	ADD(Z11, Z9, high)

#define LAST(row, low, high) \
	LOAD.Z (row)(AX*SIZE), K1, Z10;          \
	LOAD.Z (16*SIZE)(row)(AX*SIZE), K2, Z11; \
	ADD(Z10, Z8, low);                       \
	ADD(Z11, Z9, high)

	MOVQ query+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ rows+16(FP), DI
	MOVQ count+24(FP), DX
	MOVQ out+32(FP), BX

	MOVL  $-1, AX
	MOVQ  CX, R8
	ANDQ  $31, R8
	BZHIL R8, AX, AX // ones for the n%32 last elements
	KMOVW AX, K1
	SHRL  $16, AX
	KMOVW AX, K2
	ANDQ  $~31, CX

four:
	CMPQ    DX, $4
	JLT     one
	FOUR_ROWS
	VPXORD  Z0, Z0, Z0
	VPXORD  Z1, Z1, Z1
	VPXORD  Z2, Z2, Z2
	VPXORD  Z3, Z3, Z3
	VPXORD  Z4, Z4, Z4
	VPXORD  Z5, Z5, Z5
	VPXORD  Z6, Z6, Z6
	VPXORD  Z7, Z7, Z7
	XORQ    AX, AX
	CMPQ    AX, CX
	JGE     fourLast

fourStep:
	PREFETCH(R12)
	PREFETCH(R13)
	PREFETCH(R14)
	PREFETCH(R15)
	VMOVUPS (SI)(AX*4), Z8
	VMOVUPS 64(SI)(AX*4), Z9
	ROW(R8, Z0, Z4)
	ROW(R9, Z1, Z5)
	ROW(R10, Z2, Z6)
	ROW(R11, Z3, Z7)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     fourStep

fourLast:
	KORTESTW  K1, K1
	JEQ       fourSum
	VMOVUPS.Z (SI)(AX*4), K1, Z8
	VMOVUPS.Z 64(SI)(AX*4), K2, Z9
	LAST(R8, Z0, Z4)
	LAST(R9, Z1, Z5)
	LAST(R10, Z2, Z6)
	LAST(R11, Z3, Z7)

fourSum:
	VADDPS        Z4, Z0, Z0
	VADDPS        Z5, Z1, Z1
	VADDPS        Z6, Z2, Z2
	VADDPS        Z7, Z3, Z3
	VEXTRACTF64X4 $1, Z0, Y4
	VEXTRACTF64X4 $1, Z1, Y5
	VEXTRACTF64X4 $1, Z2, Y6
	VEXTRACTF64X4 $1, Z3, Y7
	VADDPS        Y4, Y0, Y0
	VADDPS        Y5, Y1, Y1
	VADDPS        Y6, Y2, Y2
	VADDPS        Y7, Y3, Y3
	VINSERTF128   $1, X1, Y0, Y4    // low quarters of rows 0 and 1
	VPERM2F128    $0x31, Y1, Y0, Y5 // high quarters
	VINSERTF128   $1, X3, Y2, Y6
	VPERM2F128    $0x31, Y3, Y2, Y7
	VADDPS        Y5, Y4, Y0        // four lanes of row 0, four of row 1
	VADDPS        Y7, Y6, Y2        // of rows 2 and 3
	VSHUFPS       $0x44, Y2, Y0, Y4 // lanes 0 and 1 of rows 0 and 2 | 1 and 3
	VSHUFPS       $0xEE, Y2, Y0, Y5 // lanes 2 and 3
	VADDPS        Y5, Y4, Y0
	VEXTRACTF128  $1, Y0, X1
	VUNPCKLPS     X1, X0, X2        // row 0, 1: lane 0, 0, 1, 1
	VUNPCKHPS     X1, X0, X3        // row 2, 3
	VMOVLHPS      X3, X2, X4
	VMOVHLPS      X2, X3, X5
	VADDPS        X5, X4, X0
	VMOVUPS       X0, (BX)

	ADDQ $32, DI
	ADDQ $16, BX
	SUBQ $4, DX
	JMP  four

one:
	TESTQ  DX, DX
	JEQ    done
	MOVQ   (DI), R8
	VPXORD Z0, Z0, Z0
	VPXORD Z4, Z4, Z4
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    oneLast

oneStep:
	VMOVUPS (SI)(AX*4), Z8
	VMOVUPS 64(SI)(AX*4), Z9
	ROW(R8, Z0, Z4)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     oneStep

oneLast:
	KORTESTW  K1, K1
	JEQ       oneSum
	VMOVUPS.Z (SI)(AX*4), K1, Z8
	VMOVUPS.Z 64(SI)(AX*4), K2, Z9
	LAST(R8, Z0, Z4)

oneSum:
	VADDPS        Z4, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPS        Y1, Y0, Y0
	VEXTRACTF128  $1, Y0, X1
	VADDPS        X1, X0, X0
	VMOVHLPS      X0, X0, X1
	VADDPS        X1, X0, X0
	VMOVSHDUP     X0, X1
	VADDSS        X1, X0, X0
	VMOVSS        X0, (BX)

	ADDQ $8, DI
	ADDQ $4, BX
	DECQ DX
	JMP  one

done:
	VZEROUPPER
	RET

#undef ROW
#undef LAST
