//go:build !purego

#include "textflag.h"

// Both kernels sum a row in the same order, so that they agree to the last bit: float i of a row goes to lane i%8 of
// accumulator (i/8)%2; at the end the accumulators are added, then neighbouring lanes, then pairs, then the two halves.
// Two accumulators a row leave a single Dot waiting for FMA latency, but four rows with four each would need more than
// the sixteen registers there are, and the hot paths score four rows at a time.

// func dotAVX2(a, b *float32, n int) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DI
	MOVQ n+16(FP), CX
	XORQ AX, AX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1

step:
	VMOVUPS (SI)(AX*4), Y2
	VMOVUPS 32(SI)(AX*4), Y3
	VFMADD231PS (DI)(AX*4), Y2, Y0
	VFMADD231PS 32(DI)(AX*4), Y3, Y1
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  step

	VADDPS Y1, Y0, Y0
	VHADDPS Y0, Y0, Y0      // lanes 0+1, 2+3 | 4+5, 6+7
	VHADDPS Y0, Y0, Y0      // (0+1)+(2+3)    | (4+5)+(6+7)
	VEXTRACTF128 $1, Y0, X1
	VADDSS X1, X0, X0
	VZEROUPPER
	MOVSS X0, ret+24(FP)
	RET

// func dot4AVX2(query, r0, r1, r2, r3 *float32, n int, out *[4]float32)
TEXT ·dot4AVX2(SB), NOSPLIT, $0-56
	MOVQ query+0(FP), SI
	MOVQ r0+8(FP), R8
	MOVQ r1+16(FP), R9
	MOVQ r2+24(FP), R10
	MOVQ r3+32(FP), R11
	MOVQ n+40(FP), CX
	MOVQ out+48(FP), DX
	XORQ AX, AX
	VXORPS Y0, Y0, Y0       // row i sums in Yi (even steps of 8) and Y(4+i) (odd ones)
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7

step:
	VMOVUPS (SI)(AX*4), Y8  // 16 floats of the query serve all four rows
	VMOVUPS 32(SI)(AX*4), Y9
	VFMADD231PS (R8)(AX*4), Y8, Y0
	VFMADD231PS (R9)(AX*4), Y8, Y1
	VFMADD231PS (R10)(AX*4), Y8, Y2
	VFMADD231PS (R11)(AX*4), Y8, Y3
	VFMADD231PS 32(R8)(AX*4), Y9, Y4
	VFMADD231PS 32(R9)(AX*4), Y9, Y5
	VFMADD231PS 32(R10)(AX*4), Y9, Y6
	VFMADD231PS 32(R11)(AX*4), Y9, Y7
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  step

	VADDPS Y4, Y0, Y0
	VADDPS Y5, Y1, Y1
	VADDPS Y6, Y2, Y2
	VADDPS Y7, Y3, Y3
	VHADDPS Y1, Y0, Y0      // rows 0 and 1: neighbouring lanes
	VHADDPS Y3, Y2, Y2      // rows 2 and 3
	VHADDPS Y2, Y0, Y0      // one lane a row, in each half
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VMOVUPS X0, (DX)
	VZEROUPPER
	RET

// func prefetchT0(p *float32, n int)
TEXT ·prefetchT0(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	PREFETCHT0 (SI)
	CMPQ CX, $16
	JLE  done
	PREFETCHT0 64(SI)
	CMPQ CX, $32
	JLE  done
	PREFETCHT0 128(SI)
	CMPQ CX, $48
	JLE  done
	PREFETCHT0 192(SI)

done:
	RET
