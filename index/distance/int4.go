package distance

// Int4Block is the number of elements that rows of four-bit numbers are made of: 64 bytes, a cache line.
const Int4Block = 128

// DotInt4Rows scores rows of four-bit numbers: out[i] is the inner product of query and row i, whose elements are 0 to 15.
// Byte j of block b of a row holds element 128·b+j in its lower and 128·b+64+j in its upper half. rows[i] is the address of
// len(query)/2 bytes; see the package comment for what an address must be. It panics unless len(query) is a multiple of
// Int4Block, at most MaxInt8Length, and when out is shorter than rows.
func DotInt4Rows(query []int8, rows []uintptr, out []int32) {
	checkInt8(query)
	if len(query)%Int4Block != 0 {
		panic("distance: rows of four-bit numbers are made of blocks of 128")
	}
	dotInt4Rows(chosen, query, rows, out[:len(rows)])
}

func dotInt4RowsGo(query []int8, rows []uintptr, out []int32) {
	for i := range rows {
		var sum int32
		for q, row := query, rowAt[uint8](rows, i, len(query)/2); len(row) > 0; q, row = q[Int4Block:], row[Int4Block/2:] {
			low, high := (*[Int4Block / 2]int8)(q), (*[Int4Block / 2]int8)(q[Int4Block/2:])
			for j, pair := range (*[Int4Block / 2]uint8)(row) {
				sum += int32(low[j])*int32(pair&15) + int32(high[j])*int32(pair>>4)
			}
		}
		out[i] = sum
	}
}
