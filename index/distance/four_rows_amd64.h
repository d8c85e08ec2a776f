// How the kernels that work on four rows at a time get at them.
//
// FOUR_ROWS leaves the next four addresses in R8–R11, and in R12–R15 those that come ahead places later, which are to be
// prefetched; near the end these are the last rows, again. Registers: DI next address, DX rows to go, at least 4.
#define FOUR_ROWS \
	MOVQ    (DI), R8;          \
	MOVQ    8(DI), R9;         \
	MOVQ    16(DI), R10;       \
	MOVQ    24(DI), R11;       \
	MOVQ    ahead+40(FP), R15; \
	LEAQ    (DI)(R15*8), R15;  \
	LEAQ    -32(DI)(DX*8), R14; \
	CMPQ    R15, R14;          \
	CMOVQHI R14, R15;          \
	MOVQ    (R15), R12;        \
	MOVQ    8(R15), R13;       \
	MOVQ    16(R15), R14;      \
	MOVQ    24(R15), R15
