package onnx

import (
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// ElementType names the type of a tensor's elements, such as "float32".
type ElementType string

// The types that Run passes. Callers know two of them, float32 and int64; Run converts for a model that wants another.
const (
	Float32 ElementType = "float32"
	Float16 ElementType = "float16"
	Int64   ElementType = "int64"
	Int32   ElementType = "int32"
)

// Float reports whether Run takes Floats for the type, and gives them.
func (t ElementType) Float() bool { return t == Float32 || t == Float16 }

// Int reports whether Run takes Ints for the type.
func (t ElementType) Int() bool { return t == Int64 || t == Int32 }

// Port describes an input or output of a model.
type Port struct {
	Name  string
	Shape []int64 // -1 where any size goes, such as the batch
	Type  ElementType
}

func ports(infos []ort.InputOutputInfo) []Port {
	ports := make([]Port, len(infos))
	for i, info := range infos {
		ports[i] = Port{Name: info.Name, Shape: info.Dimensions, Type: elementType(info.DataType)}
	}
	return ports
}

func elementType(t ort.TensorElementDataType) ElementType {
	switch t {
	case ort.TensorElementDataTypeFloat:
		return Float32
	case ort.TensorElementDataTypeFloat16:
		return Float16
	case ort.TensorElementDataTypeInt64:
		return Int64
	case ort.TensorElementDataTypeInt32:
		return Int32
	}
	return ElementType(strings.ToLower(strings.TrimPrefix(t.String(), "ONNX_TENSOR_ELEMENT_DATA_TYPE_")))
}
