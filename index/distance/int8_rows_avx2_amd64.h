// The body of the AVX2 int8 kernels; int8_avx2_amd64.s defines its macros and says what is in the registers.

	ARGUMENTS

four:
	CMPQ    DX, $4
	JLT     one
	FOUR_ROWS
	VPXOR   Y0, Y0, Y0
	VPXOR   Y1, Y1, Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	XORQ    AX, AX
	CMPQ    AX, CX
	JGE     fourSum

fourStep:
	PREFETCHT0 (R12)(AX*1)
	PREFETCHT0 (R13)(AX*1)
	PREFETCHT0 (R14)(AX*1)
	PREFETCHT0 (R15)(AX*1)
	QUERY
	ROW(R8, Y0)
	ROW(R9, Y1)
	ROW(R10, Y2)
	ROW(R11, Y3)
	ADDQ       $32, AX
	CMPQ       AX, CX
	JLT        fourStep

fourSum:
	SUM4
	VMOVDQU X0, (BX)
	CMPQ    AX, n+8(FP)
	JGE     fourNext

fourLast:
	MOVBLSX (SI)(AX*1), R12
	LAST(R8, (BX))
	LAST(R9, 4(BX))
	LAST(R10, 8(BX))
	LAST(R11, 12(BX))
	INCQ    AX
	CMPQ    AX, n+8(FP)
	JLT     fourLast

fourNext:
	ADDQ $32, DI
	ADDQ $16, BX
	SUBQ $4, DX
	JMP  four

one:
	TESTQ DX, DX
	JEQ   done
	MOVQ  (DI), R8
	VPXOR Y0, Y0, Y0
	XORQ  AX, AX
	CMPQ  AX, CX
	JGE   oneSum

oneStep:
	QUERY
	ROW(R8, Y0)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  oneStep

oneSum:
	SUM1
	VMOVD X0, (BX)
	CMPQ  AX, n+8(FP)
	JGE   oneNext

oneLast:
	MOVBLSX (SI)(AX*1), R12
	LAST(R8, (BX))
	INCQ    AX
	CMPQ    AX, n+8(FP)
	JLT     oneLast

oneNext:
	ADDQ $8, DI
	ADDQ $4, BX
	DECQ DX
	JMP  one

done:
	VZEROUPPER
	RET
