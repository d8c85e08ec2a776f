// The body of the AVX-512 int8 kernels. The file that includes it defines
//   STEP                 elements of a step
//   LOAD memory, Z       reads that many of the query; LOAD.Z memory, K, Z those of a mask, and 0 for the rest
//   ROW(row, z, sum)     reads a step of a row and adds what it contributes to the query in Z4; may overwrite z
//   LAST(row, z, sum)    the same for the elements of mask K1
//
// Registers on entry: SI query, CX n rounded down to whole steps, K1 mask of the elements left after them, DI next
// address, DX rows to go, BX out, X10 what is taken off every sum. Here: AX element of the step, R8–R11 the rows at work,
// R12–R15 later ones (to be prefetched), Z0–Z3 accumulators, Z4 query, Z5–Z8 rows.

four:
	CMPQ    DX, $4
	JLT     one
	FOUR_ROWS
	VPXORD  Z0, Z0, Z0
	VPXORD  Z1, Z1, Z1
	VPXORD  Z2, Z2, Z2
	VPXORD  Z3, Z3, Z3
	XORQ    AX, AX
	CMPQ    AX, CX
	JGE     fourLast

fourStep:
	PREFETCHT0 (R12)(AX*1)
	PREFETCHT0 (R13)(AX*1)
	PREFETCHT0 (R14)(AX*1)
	PREFETCHT0 (R15)(AX*1)
	LOAD       (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ROW(R9, Z6, Z1)
	ROW(R10, Z7, Z2)
	ROW(R11, Z8, Z3)
	ADDQ       $STEP, AX
	CMPQ       AX, CX
	JLT        fourStep

fourLast:
	KTESTQ K1, K1
	JEQ    fourSum
	LOAD.Z (SI)(AX*1), K1, Z4
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
	LOAD (SI)(AX*1), Z4
	ROW(R8, Z5, Z0)
	ADDQ $STEP, AX
	CMPQ AX, CX
	JLT  oneStep

oneLast:
	KTESTQ K1, K1
	JEQ    oneSum
	LOAD.Z (SI)(AX*1), K1, Z4
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
