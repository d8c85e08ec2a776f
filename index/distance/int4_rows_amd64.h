// The body of the int4 kernels of amd64. The file that includes it defines
//   ARGUMENTS       what to set up once a call, beyond the registers below
//   CLEAR1, CLEAR4  make the first, or all four, of the accumulators zero
//   QUERY           loads the 128 elements at 2·AX of the query
//   ROW(row, sum)   adds what the 64 bytes at AX of a row contribute to an accumulator
//   SUM1, SUM4      leave the sums in X0
//
// Registers: SI query, CX bytes of a row, DI next address, DX rows to go, BX out, AX byte of the step, R8–R11 the rows at
// work, R12–R15 later ones (to be prefetched), accumulators 0–3.

	MOVQ query+0(FP), SI
	MOVQ bytes+8(FP), CX
	MOVQ rows+16(FP), DI
	MOVQ count+24(FP), DX
	MOVQ out+32(FP), BX
	ARGUMENTS

four:
	CMPQ    DX, $4
	JLT     one
	FOUR_ROWS
	CLEAR4
	XORQ    AX, AX
	CMPQ    AX, CX
	JGE     fourSum

fourStep:
	PREFETCHT0 (R12)(AX*1)
	PREFETCHT0 (R13)(AX*1)
	PREFETCHT0 (R14)(AX*1)
	PREFETCHT0 (R15)(AX*1)
	QUERY
	ROW(R8, ACCUMULATOR0)
	ROW(R9, ACCUMULATOR1)
	ROW(R10, ACCUMULATOR2)
	ROW(R11, ACCUMULATOR3)
	ADDQ       $64, AX
	CMPQ       AX, CX
	JLT        fourStep

fourSum:
	SUM4
	VMOVDQU X0, (BX)
	ADDQ    $32, DI
	ADDQ    $16, BX
	SUBQ    $4, DX
	JMP     four

one:
	TESTQ DX, DX
	JEQ   done
	MOVQ  (DI), R8
	CLEAR1
	XORQ  AX, AX
	CMPQ  AX, CX
	JGE   oneSum

oneStep:
	QUERY
	ROW(R8, ACCUMULATOR0)
	ADDQ $64, AX
	CMPQ AX, CX
	JLT  oneStep

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
