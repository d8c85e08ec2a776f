//go:build !purego

#include "textflag.h"

// Registers: DI next address, DX rows to go, CX bytes a row (more than 0), R8 line, R9 lines to go.

// func prefetchRowsT0(rows *uintptr, count, bytes int)
TEXT ·prefetchRowsT0(SB), NOSPLIT, $0-24
	MOVQ  rows+0(FP), DI
	MOVQ  count+8(FP), DX
	MOVQ  bytes+16(FP), CX
	TESTQ CX, CX
	JLE   done

row:
	DECQ DX
	JLT  done
	MOVQ (DI), R8
	ADDQ $8, DI
	MOVQ R8, R9
	ANDQ $63, R9 // a row need not begin where a line does, and may touch one more
	LEAQ 63(R9)(CX*1), R9
	SHRQ $6, R9

line:
	PREFETCHT0 (R8)
	ADDQ       $64, R8
	DECQ       R9
	JNE        line
	JMP        row

done:
	RET
