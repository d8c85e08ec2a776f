//go:build !purego

#include "textflag.h"

// Registers: R0 next address, R1 rows to go, R2 bytes a row (more than 0), R3 line, R4 lines to go.

// func prefetchRowsL1(rows *uintptr, count, bytes int)
TEXT ·prefetchRowsL1(SB), NOSPLIT, $0-24
	MOVD rows+0(FP), R0
	MOVD count+8(FP), R1
	MOVD bytes+16(FP), R2
	CMP  $0, R2
	BLE  done

row:
	CBZ    R1, done
	SUB    $1, R1
	MOVD.P 8(R0), R3
	AND    $63, R3, R4 // a row need not begin where a line does, and may touch one more
	ADD    R2, R4
	ADD    $63, R4
	LSR    $6, R4

line:
	PRFM (R3), PLDL1KEEP
	ADD  $64, R3
	SUBS $1, R4
	BNE  line
	B    row

done:
	RET
