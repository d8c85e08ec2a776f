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
	values []ort.Value // of the inputs, in the order of the model's, and of the output
	pinner runtime.Pinner
	halves [][]half // of inputs and the output that are float16, in the order of their use
	used   int      // of halves
	ints   []int32  // of all inputs that are int32
}

// result is the output that a run computes.
type result struct {
	port   Port
	shape  []int64
	floats []float32
}

// prepare wraps inputs, in the order of the ports, and the output; it converts them to the types of the model. No device
// is needed for that, so none should wait for it.
func (r *run) prepare(ports []Port, inputs []Tensor, out result) error {
	for _, port := range ports {
		at := slices.IndexFunc(inputs, func(t Tensor) bool { return t.Name == port.Name })
		if at < 0 {
			return fmt.Errorf("the model's input %q (%s) is not given", port.Name, port.Type)
		}
		if err := r.input(port, &inputs[at]); err != nil {
			return fmt.Errorf("input %q: %w", port.Name, err)
		}
	}
	if err := r.output(out); err != nil {
		return fmt.Errorf("output %q: %w", out.port.Name, err)
	}
	return nil
}

// do binds what was prepared by name, so that the library computes what leads to the output and nothing else. Outputs are
// never left to the library to allocate: the binding takes the elements of float16 ones for bytes.
func (r *run) do(session *ort.DynamicAdvancedSession, ports []Port, out result) error {
	binding, err := session.CreateIoBinding()
	if err != nil {
		return err
	}
	defer binding.Destroy() //nolint:errcheck // it cannot fail
	for i, port := range ports {
		if err := binding.BindInput(port.Name, r.values[i]); err != nil {
			return fmt.Errorf("input %q: %w", port.Name, err)
		}
	}
	if err := binding.BindOutput(out.port.Name, r.values[len(ports)]); err != nil {
		return fmt.Errorf("output %q: %w", out.port.Name, err)
	}
	return session.RunWithBinding(binding)
}

// finish widens the output where it is float16.
func (r *run) finish(out result) {
	if out.port.Type == Float16 {
		widen(out.floats, r.halves[r.used-1])
	}
}

// input wraps a tensor, converted to what the port wants. A tensor of another kind is left to the library to refuse.
func (r *run) input(port Port, t *Tensor) error {
	switch {
	case port.Type == Float16 && t.Ints == nil:
		return r.wrapHalves(t.Shape, r.takeHalves(t.Floats))
	case port.Type == Int32 && t.Ints != nil:
		narrowed, err := r.narrow(t.Ints)
		if err != nil {
			return err
		}
		return wrap(r, t.Shape, narrowed)
	case t.Ints != nil:
		return wrap(r, t.Shape, t.Ints)
	}
	return wrap(r, t.Shape, t.Floats)
}

// output wraps the memory that the result is computed into: its own, or halves that must be widened to it.
func (r *run) output(out result) error {
	if out.port.Type == Float16 {
		return r.wrapHalves(out.shape, r.takeHalves(out.floats))
	}
	return wrap(r, out.shape, out.floats)
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
func wrap[T float32 | int64 | int32](r *run, shape []int64, data []T) error {
	if len(data) == 0 {
		return errNoElements
	}
	r.pinner.Pin(&data[0])
	value, err := ort.NewTensor(ort.Shape(shape), data)
	if err != nil {
		return err
	}
	r.values = append(r.values, value)
	return nil
}

// wrapHalves is wrap for a type that the binding knows as bytes only.
func (r *run) wrapHalves(shape []int64, data []half) error {
	if len(data) == 0 {
		return errNoElements
	}
	if n := ort.Shape(shape).FlattenedSize(); n != int64(len(data)) {
		return fmt.Errorf("%d elements for the shape %v, which has %d", len(data), shape, n)
	}
	r.pinner.Pin(&data[0])
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 2*len(data))
	value, err := ort.NewCustomDataTensor(ort.Shape(shape), bytes, ort.TensorElementDataTypeFloat16)
	if err != nil {
		return err
	}
	r.values = append(r.values, value)
	return nil
}

// release frees the handles and keeps the memory.
func (r *run) release() {
	for _, v := range r.values {
		v.Destroy()
	}
	clear(r.values)
	r.values = r.values[:0]
	r.pinner.Unpin()
	r.used, r.ints = 0, r.ints[:0]
}
