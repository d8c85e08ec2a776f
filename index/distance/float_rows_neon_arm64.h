// The body of the NEON float kernels. The file that includes it defines
//   SIZE                  bytes an element of a row
//   LOAD(from)            reads 32 elements of a row as float32 into V24–V31 and moves from behind them
//   COPY(from, into)      copies one element of a row through R12 and moves both behind it
//   ACCUMULATE(row, query, sum)  adds what 4 elements contribute, by numbers of registers; may overwrite row
//
// Order of sums: element i goes to lane i%32 of a row's eight accumulators, and the 32 lanes are added by halves, as in
// float_rows_avx512_amd64.h. The n%32 elements left after the whole steps are copied to the stack among zeros and read
// from there as one more step.
//
// Registers: R0 query, R1 steps of 32, R2 elements left, R3 next address, R4 rows to go, R5 out, R6 place in the query, R7
// steps to go, R8 and R9 the rows at work, R10 and R11 later ones (to be prefetched), R12–R15 scratch, V0–V7 and V8–V15
// the accumulators of the two rows, V16–V23 query, V24–V31 rows.

#define QUERY(from) \
	VLD1.P 64(from), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P 64(from), [V20.S4, V21.S4, V22.S4, V23.S4]

#define FIRST \
	ACCUMULATE(24, 16, 0); \
	ACCUMULATE(25, 17, 1); \
	ACCUMULATE(26, 18, 2); \
	ACCUMULATE(27, 19, 3); \
	ACCUMULATE(28, 20, 4); \
	ACCUMULATE(29, 21, 5); \
	ACCUMULATE(30, 22, 6); \
	ACCUMULATE(31, 23, 7)

#define SECOND \
	ACCUMULATE(24, 16, 8);  \
	ACCUMULATE(25, 17, 9);  \
	ACCUMULATE(26, 18, 10); \
	ACCUMULATE(27, 19, 11); \
	ACCUMULATE(28, 20, 12); \
	ACCUMULATE(29, 21, 13); \
	ACCUMULATE(30, 22, 14); \
	ACCUMULATE(31, 23, 15)

// SUM adds the lanes of eight accumulators by halves and writes the sum to out.
#define SUM(a, b, c, d, e, f, g, h, V, F, out) \
	FADD(a, a, e);                   \
	FADD(b, b, f);                   \
	FADD(c, c, g);                   \
	FADD(d, d, h);                   \
	FADD(a, a, c);                   \
	FADD(b, b, d);                   \
	FADD(a, a, b);                   \
	VEXT  $8, V.B16, V.B16, V31.B16; \
	FADD(a, a, 31);                  \
	FADDP(a, a, a);                  \
	FMOVS F, out

#define CLEAR(a, b, c, d, e, f, g, h) \
	VEOR a.B16, a.B16, a.B16; \
	VEOR b.B16, b.B16, b.B16; \
	VEOR c.B16, c.B16, c.B16; \
	VEOR d.B16, d.B16, d.B16; \
	VEOR e.B16, e.B16, e.B16; \
	VEOR f.B16, f.B16, f.B16; \
	VEOR g.B16, g.B16, g.B16; \
	VEOR h.B16, h.B16, h.B16

// LAST copies the elements left of a row to the stack and reads them from there, with the zeros behind them.
#define LAST(row, copy) \
	MOVD $rowEnd-128(SP), R13; \
	MOVD R13, R14;             \
	MOVD R2, R15;              \
copy:                       \
	COPY(row, R14);            \
	SUBS $1, R15, R15;         \
	BNE  copy;                 \
	LOAD(R13)

	MOVD query+0(FP), R0
	MOVD n+8(FP), R1
	MOVD rows+16(FP), R3
	MOVD count+24(FP), R4
	MOVD out+32(FP), R5
	AND  $31, R1, R2
	LSR  $5, R1, R1
	CBZ  R2, two

	CLEAR(V0, V1, V2, V3, V4, V5, V6, V7)
	MOVD   $queryEnd-256(SP), R13
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R13)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R13)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R13)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R13)
	MOVD   $queryEnd-256(SP), R13
	ADD    R1<<7, R0, R6
	MOVD   R2, R15

copyQuery:
	MOVWU.P 4(R6), R12
	MOVW.P  R12, 4(R13)
	SUBS    $1, R15, R15
	BNE     copyQuery

two:
	CMP  $2, R4
	BLT  one
	LDP  (R3), (R8, R9)
	MOVD ahead+40(FP), R10
	ADD  R10<<3, R3, R10
	ADD  R4<<3, R3, R11
	SUB  $16, R11
	CMP  R11, R10
	CSEL HI, R11, R10, R10 // near the end the last rows, again
	LDP  (R10), (R10, R11)
	CLEAR(V0, V1, V2, V3, V4, V5, V6, V7)
	CLEAR(V8, V9, V10, V11, V12, V13, V14, V15)
	MOVD R0, R6
	MOVD R1, R7
	CBZ  R7, twoLast

twoStep:
	PRFM (R10), PLDL1KEEP
	PRFM 64(R10), PLDL1KEEP // float16 asks for this line again in the next step
	PRFM (R11), PLDL1KEEP
	PRFM 64(R11), PLDL1KEEP
	ADD  $(32*SIZE), R10
	ADD  $(32*SIZE), R11
	QUERY(R6)
	LOAD(R8)
	FIRST
	LOAD(R9)
	SECOND
	SUBS $1, R7, R7
	BNE  twoStep

twoLast:
	CBZ  R2, twoSum
	MOVD $queryEnd-256(SP), R13
	QUERY(R13)
	LAST(R8, copyFirst)
	FIRST
	LAST(R9, copySecond)
	SECOND

twoSum:
	SUM(0, 1, 2, 3, 4, 5, 6, 7, V0, F0, (R5))
	SUM(8, 9, 10, 11, 12, 13, 14, 15, V8, F8, 4(R5))
	ADD $16, R3
	ADD $8, R5
	SUB $2, R4
	B   two

one:
	CBZ  R4, done
	MOVD (R3), R8
	CLEAR(V0, V1, V2, V3, V4, V5, V6, V7)
	MOVD R0, R6
	MOVD R1, R7
	CBZ  R7, oneLast

oneStep:
	QUERY(R6)
	LOAD(R8)
	FIRST
	SUBS $1, R7, R7
	BNE  oneStep

oneLast:
	CBZ  R2, oneSum
	MOVD $queryEnd-256(SP), R13
	QUERY(R13)
	LAST(R8, copyOnly)
	FIRST

oneSum:
	SUM(0, 1, 2, 3, 4, 5, 6, 7, V0, F0, (R5))

done:
	RET

#undef QUERY
#undef FIRST
#undef SECOND
#undef SUM
#undef CLEAR
#undef LAST
