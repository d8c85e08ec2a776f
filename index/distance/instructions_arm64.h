// Instructions that Go's assembler does not know, by the numbers of their registers: destination, first and second
// operand. Encodings from the Arm Architecture Reference Manual (DDI 0487), section C7.2.

#define FADD(d, n, m)   WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // 4 float32
#define FSUB(d, n, m)   WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d))
#define FADDP(d, n, m)  WORD $(0x6E20D400 | (m)<<16 | (n)<<5 | (d)) // neighbours of n, then of m
#define FMUL(d, n, m)   WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d))
#define FMLA(d, n, m)   WORD $(0x4E20CC00 | (m)<<16 | (n)<<5 | (d)) // d += n·m, rounded once
#define FCVTL(d, n)     WORD $(0x0E217800 | (n)<<5 | (d))           // low 4 float16 of n to float32
#define FCVTL2(d, n)    WORD $(0x4E217800 | (n)<<5 | (d))           // high 4
#define FCVTN(d, n)     WORD $(0x0E216800 | (n)<<5 | (d))           // 4 float32 to float16, in the low half of d
#define FCVTN2(d, n)    WORD $(0x4E216800 | (n)<<5 | (d))           // in the high half
#define TRN1(d, n, m)   WORD $(0x4E802800 | (m)<<16 | (n)<<5 | (d)) // n0 m0 n2 m2, of 32 bits
#define TRN2(d, n, m)   WORD $(0x4E806800 | (m)<<16 | (n)<<5 | (d)) // n1 m1 n3 m3
#define ZIP1(d, n, m)   WORD $(0x4EC03800 | (m)<<16 | (n)<<5 | (d)) // the low 64 bits of both
#define ZIP2(d, n, m)   WORD $(0x4EC07800 | (m)<<16 | (n)<<5 | (d)) // the high 64 bits
#define MOVE(d, n)      WORD $(0x4EA01C00 | (n)<<16 | (n)<<5 | (d)) // all 128 bits

#define SDOT(d, n, m)   WORD $(0x4E809400 | (m)<<16 | (n)<<5 | (d)) // FEAT_DotProd: 32-bit lanes += 4 products of int8
#define UDOT(d, n, m)   WORD $(0x6E809400 | (m)<<16 | (n)<<5 | (d)) // of uint8
#define SABD(d, n, m)   WORD $(0x4E207400 | (m)<<16 | (n)<<5 | (d)) // |n − m| of 16 int8, as uint8
#define SMULL(d, n, m)  WORD $(0x0E20C000 | (m)<<16 | (n)<<5 | (d)) // low 8 products of int8, 16 bits each
#define SMULL2(d, n, m) WORD $(0x4E20C000 | (m)<<16 | (n)<<5 | (d)) // high 8
#define UMULL(d, n, m)  WORD $(0x2E20C000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(d, n, m) WORD $(0x6E20C000 | (m)<<16 | (n)<<5 | (d))
#define SADALP(d, n)    WORD $(0x4E606800 | (n)<<5 | (d))           // 4 32-bit lanes += pairs of 16-bit ones
#define UADALP(d, n)    WORD $(0x6E606800 | (n)<<5 | (d))
