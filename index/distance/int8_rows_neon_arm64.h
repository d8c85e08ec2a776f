// The body of the NEON int8 kernels; int8_neon_arm64.s defines its macros and says what is in the registers.

	MOVD query+0(FP), R0
	MOVD n+8(FP), R1
	MOVD rows+16(FP), R3
	MOVD count+24(FP), R4
	MOVD out+32(FP), R5
	AND  $31, R1, R2
	LSR  $5, R1, R1

four:
	CMP  $4, R4
	BLT  one
	LDP  (R3), (R8, R9)
	LDP  16(R3), (R10, R11)
	MOVD ahead+40(FP), R17
	ADD  R17<<3, R3, R17
	ADD  R4<<3, R3, R16
	SUB  $32, R16
	CMP  R16, R17
	CSEL HI, R16, R17, R17 // near the end the last rows, again
	LDP  (R17), (R12, R13)
	LDP  16(R17), (R14, R15)
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
	MOVD R0, R6
	MOVD R1, R7
	CBZ  R7, fourSum

fourStep:
	PRFM   (R12), PLDL1KEEP
	PRFM   (R13), PLDL1KEEP
	PRFM   (R14), PLDL1KEEP
	PRFM   (R15), PLDL1KEEP
	ADD    $32, R12
	ADD    $32, R13
	ADD    $32, R14
	ADD    $32, R15
	VLD1.P 32(R6), [V16.B16, V17.B16]
	VLD1.P 32(R8), [V18.B16, V19.B16]
	VLD1.P 32(R9), [V20.B16, V21.B16]
	VLD1.P 32(R10), [V22.B16, V23.B16]
	VLD1.P 32(R11), [V24.B16, V25.B16]
	ACCUMULATE(18, 16, 0)
	ACCUMULATE(20, 16, 1)
	ACCUMULATE(22, 16, 2)
	ACCUMULATE(24, 16, 3)
	ACCUMULATE(19, 17, 4)
	ACCUMULATE(21, 17, 5)
	ACCUMULATE(23, 17, 6)
	ACCUMULATE(25, 17, 7)
	SUBS   $1, R7, R7
	BNE    fourStep

fourSum:
	SUM(V0, V4, R12)
	SUM(V1, V5, R13)
	SUM(V2, V6, R14)
	SUM(V3, V7, R15)
	CBZ  R2, fourNext
	MOVD R2, R7

fourLast:
	MOVB.P 1(R6), R16
	LAST(R8, R12)
	LAST(R9, R13)
	LAST(R10, R14)
	LAST(R11, R15)
	SUBS   $1, R7, R7
	BNE    fourLast

fourNext:
	MOVW.P R12, 4(R5)
	MOVW.P R13, 4(R5)
	MOVW.P R14, 4(R5)
	MOVW.P R15, 4(R5)
	ADD    $32, R3
	SUB    $4, R4
	B      four

one:
	CBZ  R4, done
	MOVD (R3), R8
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V4.B16, V4.B16, V4.B16
	MOVD R0, R6
	MOVD R1, R7
	CBZ  R7, oneSum

oneStep:
	VLD1.P 32(R6), [V16.B16, V17.B16]
	VLD1.P 32(R8), [V18.B16, V19.B16]
	ACCUMULATE(18, 16, 0)
	ACCUMULATE(19, 17, 4)
	SUBS   $1, R7, R7
	BNE    oneStep

oneSum:
	SUM(V0, V4, R12)
	CBZ  R2, oneNext
	MOVD R2, R7

oneLast:
	MOVB.P 1(R6), R16
	LAST(R8, R12)
	SUBS   $1, R7, R7
	BNE    oneLast

oneNext:
	MOVW.P R12, 4(R5)
	ADD    $8, R3
	SUB    $1, R4
	B      one

done:
	RET
