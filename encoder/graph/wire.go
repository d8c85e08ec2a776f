package graph

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields of onnx.proto that are read.
const (
	modelGraph = 7

	graphNode        = 1
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12
	graphValueInfo   = 13
	graphSparse      = 15

	nodeInput     = 1
	nodeOutput    = 2
	nodeAttribute = 5

	attributeTensor  = 5
	attributeGraph   = 6
	attributeTensors = 10
	attributeGraphs  = 11

	valueInfoName = 1

	tensorName     = 8
	tensorRaw      = 9
	tensorExternal = 13
	tensorLocation = 14

	sparseValues = 1

	entryKey   = 1
	entryValue = 2
)

// field is one field of a message: its tag and value as they are in the file, and the value's bytes where it has any.
type field struct {
	number protowire.Number
	whole  []byte
	bytes  []byte // of a length-delimited field
	varint uint64 // of a varint field
}

// fields splits a message. The slices share its memory.
func fields(message []byte) ([]field, error) {
	var all []field
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, protowire.ParseError(n))
		}
		m := protowire.ConsumeFieldValue(number, kind, message[n:])
		if m < 0 {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, protowire.ParseError(m))
		}
		f := field{number: number, whole: message[:n+m]}
		switch kind {
		case protowire.BytesType:
			f.bytes, _ = protowire.ConsumeBytes(message[n:])
		case protowire.VarintType:
			f.varint, _ = protowire.ConsumeVarint(message[n:])
		}
		all = append(all, f)
		message = message[n+m:]
	}
	return all, nil
}

// text returns the string of the first field of that number.
func text(all []field, number protowire.Number) string {
	for _, f := range all {
		if f.number == number {
			return string(f.bytes)
		}
	}
	return ""
}

func appendBytes(dst []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), value)
}
