package onnx

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
)

// run holds the library's handles during one Run, and memory for the next.
type run struct {
	binding *ort.IoBinding
	values  []ort.Value
	pinner  runtime.Pinner
	halves  [][]half // of inputs and the output that are float16, in the order of their use
	used    int      // of halves
	ints    []int32  // of all inputs that are int32
}

// result is the output that a run computes.
type result struct {
	port   Port
	shape  []int64
	floats []float32
}

// do binds inputs and the output by name, so that the library computes what leads to it and nothing else. Outputs are
// never left to the library to allocate: the binding takes the elements of float16 ones for bytes.
func (r *run) do(session *ort.DynamicAdvancedSession, ports []Port, inputs []Tensor, out result) error {
	var err error
	if r.binding, err = session.CreateIoBinding(); err != nil {
		return err
	}
	for _, port := range ports {
		at := slices.IndexFunc(inputs, func(t Tensor) bool { return t.Name == port.Name })
		if at < 0 {
			return fmt.Errorf("the model's input %q (%s) is not given", port.Name, port.Type)
		}
		value, err := r.input(port, &inputs[at])
		if err == nil {
			err = r.binding.BindInput(port.Name, value)
		}
		if err != nil {
			return fmt.Errorf("input %q: %w", port.Name, err)
		}
	}
	value, halves, err := r.output(out)
	if err == nil {
		err = r.binding.BindOutput(out.port.Name, value)
	}
	if err != nil {
		return fmt.Errorf("output %q: %w", out.port.Name, err)
	}
	if err := session.RunWithBinding(r.binding); err != nil {
		return err
	}
	widen(out.floats, halves)
	return nil
}

// input wraps a tensor, converted to what the port wants. A tensor of another kind is left to the library to refuse.
func (r *run) input(port Port, t *Tensor) (ort.Value, error) {
	switch {
	case port.Type == Float16 && t.Ints == nil:
		return r.wrapHalves(t.Shape, r.takeHalves(t.Floats))
	case port.Type == Int32 && t.Ints != nil:
		narrowed, err := r.narrow(t.Ints)
		if err != nil {
			return nil, err
		}
		return wrap(r, t.Shape, narrowed)
	case t.Ints != nil:
		return wrap(r, t.Shape, t.Ints)
	}
	return wrap(r, t.Shape, t.Floats)
}

// output wraps the memory that the result is computed into: its own, or halves that must be widened to it.
func (r *run) output(out result) (value ort.Value, halves []half, err error) {
	if out.port.Type != Float16 {
		value, err = wrap(r, out.shape, out.floats)
		return value, nil, err
	}
	halves = r.takeHalves(out.floats)
	value, err = r.wrapHalves(out.shape, halves)
	return value, halves, err
}

// takeHalves returns x as halves, in memory that belongs to the run.
func (r *run) takeHalves(x []float32) []half {
	if r.used == len(r.halves) {
		r.halves = append(r.halves, nil)
	}
	r.halves[r.used] = appendHalves(slices.Grow(r.halves[r.used][:0], len(x)), x)
	r.used++
	return r.halves[r.used-1]
}

// narrow returns x as int32, in memory that belongs to the run.
func (r *run) narrow(x []int64) ([]int32, error) {
	r.ints = slices.Grow(r.ints, len(x))
	start := len(r.ints)
	for _, v := range x {
		if v < math.MinInt32 || v > math.MaxInt32 {
			return nil, fmt.Errorf("%d is no int32", v)
		}
		r.ints = append(r.ints, int32(v))
	}
	return r.ints[start:], nil
}

var errNoElements = errors.New("no elements")

// wrap wraps elements without copying them. The library keeps their address between two calls into C, so they are
// pinned until release.
func wrap[T float32 | int64 | int32](r *run, shape []int64, data []T) (ort.Value, error) {
	if len(data) == 0 {
		return nil, errNoElements
	}
	r.pinner.Pin(&data[0])
	value, err := ort.NewTensor(ort.Shape(shape), data)
	if err != nil {
		return nil, err
	}
	r.values = append(r.values, value)
	return value, nil
}

// wrapHalves is wrap for a type that the binding knows as bytes only.
func (r *run) wrapHalves(shape []int64, data []half) (ort.Value, error) {
	if len(data) == 0 {
		return nil, errNoElements
	}
	if n := ort.Shape(shape).FlattenedSize(); n != int64(len(data)) {
		return nil, fmt.Errorf("%d elements for the shape %v, which has %d", len(data), shape, n)
	}
	r.pinner.Pin(&data[0])
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 2*len(data))
	value, err := ort.NewCustomDataTensor(ort.Shape(shape), bytes, ort.TensorElementDataTypeFloat16)
	if err != nil {
		return nil, err
	}
	r.values = append(r.values, value)
	return value, nil
}

// release frees the handles and keeps the memory.
func (r *run) release() {
	if r.binding != nil {
		_ = r.binding.Destroy() // it cannot fail
		r.binding = nil
	}
	for _, v := range r.values {
		v.Destroy()
	}
	clear(r.values)
	r.values = r.values[:0]
	r.pinner.Unpin()
	r.used, r.ints = 0, r.ints[:0]
}
