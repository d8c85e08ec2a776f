// SUM4 adds the 32-bit lanes of Z0–Z3 up to one lane each, in X0. Uses Z4–Z7.
#define SUM4 \
	VPUNPCKLDQ    Z1, Z0, Z4; \
	VPUNPCKHDQ    Z1, Z0, Z5; \
	VPADDD        Z5, Z4, Z4; \
	VPUNPCKLDQ    Z3, Z2, Z6; \
	VPUNPCKHDQ    Z3, Z2, Z7; \
	VPADDD        Z7, Z6, Z6; \
	VPUNPCKLQDQ   Z6, Z4, Z5; \
	VPUNPCKHQDQ   Z6, Z4, Z7; \
	VPADDD        Z7, Z5, Z0; \
	VEXTRACTI64X4 $1, Z0, Y1; \
	VPADDD        Y1, Y0, Y0; \
	VEXTRACTI128  $1, Y0, X1; \
	VPADDD        X1, X0, X0

// SUM1 adds the 32-bit lanes of Z0 up; every lane of X0 gets the sum. Uses Z1.
#define SUM1 \
	VEXTRACTI64X4 $1, Z0, Y1;    \
	VPADDD        Y1, Y0, Y0;    \
	VEXTRACTI128  $1, Y0, X1;    \
	VPADDD        X1, X0, X0;    \
	VPSHUFD       $0x4E, X0, X1; \
	VPADDD        X1, X0, X0;    \
	VPSHUFD       $0xB1, X0, X1; \
	VPADDD        X1, X0, X0
