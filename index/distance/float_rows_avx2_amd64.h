// The body of the AVX2 float kernels. The file that includes it defines
//   SIZE                  bytes an element of a row
//   LOAD memory, Y        reads 8 elements of a row as float32
//   COPY memory, R        reads one element of a row into a general register, or writes it back
//   ADD(row, query, sum)  adds what 8 elements contribute; may overwrite row
//
// Order of sums: element i goes to lane i%32 of a row's four accumulators, and the 32 lanes are added by halves, as in
// float_rows_avx512_amd64.h. The n%32 elements left after the whole steps are copied to the stack among zeros and read
// from there as one more step, since AVX2 cannot load a part of a float16 vector.
//
// Registers: SI query, CX n rounded down to whole steps of 32, R8 elements left, AX element of the step, DI next address,
// DX rows to go, BX out, R10 and R11 the rows at work, R12 and R13 later ones (to be prefetched), R9 copies,
// R15 a place on the stack, Y0–Y3 and Y4–Y7 the accumulators of the two rows, Y8–Y11 query, Y12 and Y13 rows. Stack:
// 0–127 the query's last elements, 128–255 a row's.

#define QUERY(from) \
	VMOVUPS (from)(AX*4), Y8;    \
	VMOVUPS 32(from)(AX*4), Y9;  \
	VMOVUPS 64(from)(AX*4), Y10; \
	VMOVUPS 96(from)(AX*4), Y11

#define ROW(row, s0, s1, s2, s3) \
	LOAD (row)(AX*SIZE), Y12;          \
	LOAD (8*SIZE)(row)(AX*SIZE), Y13;  \
	ADD(Y12, Y8, s0);                  \
	ADD(Y13, Y9, s1);                  \
	LOAD (16*SIZE)(row)(AX*SIZE), Y12; \
	LOAD (24*SIZE)(row)(AX*SIZE), Y13; \
	ADD(Y12, Y10, s2);                 \
	ADD(Y13, Y11, s3)

// LAST expects AX 0 and leaves it so.
#define LAST(row, copy, s0, s1, s2, s3) \
	LEAQ (row)(CX*SIZE), row; \
copy:                      \
	COPY (row)(AX*SIZE), R9;  \
	COPY R9, (R15)(AX*SIZE);  \
	INCQ AX;                  \
	CMPQ AX, R8;              \
	JLT  copy;                \
	XORQ AX, AX;              \
	ROW(R15, s0, s1, s2, s3)

	MOVQ query+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ rows+16(FP), DI
	MOVQ count+24(FP), DX
	MOVQ out+32(FP), BX
	LEAQ 128(SP), R15

	MOVQ    CX, R8
	ANDQ    $~31, CX
	ANDQ    $31, R8
	JEQ     two
	VXORPS  Y0, Y0, Y0
	VMOVUPS Y0, 0(SP)
	VMOVUPS Y0, 32(SP)
	VMOVUPS Y0, 64(SP)
	VMOVUPS Y0, 96(SP)
	VMOVUPS Y0, 128(SP)
	VMOVUPS Y0, 160(SP)
	VMOVUPS Y0, 192(SP)
	VMOVUPS Y0, 224(SP)
	LEAQ    (SI)(CX*4), R10
	XORQ    AX, AX

copyQuery:
	MOVL (R10)(AX*4), R9
	MOVL R9, (SP)(AX*4)
	INCQ AX
	CMPQ AX, R8
	JLT  copyQuery

two:
	CMPQ    DX, $2
	JLT     one
	MOVQ    (DI), R10
	MOVQ    8(DI), R11
	MOVQ    ahead+40(FP), R13
	LEAQ    (DI)(R13*8), R13
	LEAQ    -16(DI)(DX*8), R12
	CMPQ    R13, R12
	CMOVQHI R12, R13 // near the end the last rows, again
	MOVQ    (R13), R12
	MOVQ    8(R13), R13
	VXORPS  Y0, Y0, Y0
	VXORPS  Y1, Y1, Y1
	VXORPS  Y2, Y2, Y2
	VXORPS  Y3, Y3, Y3
	VXORPS  Y4, Y4, Y4
	VXORPS  Y5, Y5, Y5
	VXORPS  Y6, Y6, Y6
	VXORPS  Y7, Y7, Y7
	XORQ    AX, AX
	CMPQ    AX, CX
	JGE     twoLast

twoStep:
	PREFETCH(R12)
	PREFETCH(R13)
	QUERY(SI)
	ROW(R10, Y0, Y1, Y2, Y3)
	ROW(R11, Y4, Y5, Y6, Y7)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  twoStep

twoLast:
	TESTQ R8, R8
	JEQ   twoSum
	XORQ  AX, AX
	QUERY(SP)
	LAST(R10, copyFirst, Y0, Y1, Y2, Y3)
	LAST(R11, copySecond, Y4, Y5, Y6, Y7)

twoSum:
	VADDPS       Y2, Y0, Y0
	VADDPS       Y3, Y1, Y1
	VADDPS       Y6, Y4, Y4
	VADDPS       Y7, Y5, Y5
	VADDPS       Y1, Y0, Y0        // eight lanes of the first row
	VADDPS       Y5, Y4, Y4        // and of the second
	VINSERTF128  $1, X4, Y0, Y1    // low halves of both
	VPERM2F128   $0x31, Y4, Y0, Y2 // high halves
	VADDPS       Y2, Y1, Y0        // four lanes each
	VSHUFPS      $0x0E, Y0, Y0, Y1 // lanes 2 and 3
	VADDPS       Y1, Y0, Y0
	VMOVSHDUP    Y0, Y1
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VMOVSS       X0, (BX)
	VMOVSS       X1, 4(BX)

	ADDQ $16, DI
	ADDQ $8, BX
	SUBQ $2, DX
	JMP  two

one:
	TESTQ  DX, DX
	JEQ    done
	MOVQ   (DI), R10
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ   AX, AX
	CMPQ   AX, CX
	JGE    oneLast

oneStep:
	QUERY(SI)
	ROW(R10, Y0, Y1, Y2, Y3)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  oneStep

oneLast:
	TESTQ R8, R8
	JEQ   oneSum
	XORQ  AX, AX
	QUERY(SP)
	LAST(R10, copyOnly, Y0, Y1, Y2, Y3)

oneSum:
	VADDPS       Y2, Y0, Y0
	VADDPS       Y3, Y1, Y1
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VADDPS       X1, X0, X0
	VMOVSHDUP    X0, X1
	VADDSS       X1, X0, X0
	VMOVSS       X0, (BX)

done:
	VZEROUPPER
	RET

#undef QUERY
#undef ROW
#undef LAST
