package encoder

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"pinax/encoder/onnx"
)

// tower is a session whose inputs and outputs are understood.
type tower struct {
	session   *onnx.Session
	output    string
	dimension int // 0 when the model does not say
	maxBatch  int // 0: any
}

// openTower loads a graph and finds its embedding among the outputs: one with a usual name, or else the only one that
// has the shape [batch][dimension].
func openTower(l loader, file onnxFile, usual ...string) (*tower, error) {
	session, err := l.load(file)
	if errors.Is(err, onnx.ErrProvider) {
		return nil, providerError(l.options.Provider, err)
	}
	if err != nil {
		return nil, damaged("the model file %s cannot be used: %w", file.path, err)
	}
	t := &tower{session: session}
	if err := t.findOutput(usual); err != nil {
		session.Close()
		return nil, damaged("the model file %s cannot be used: %w", file.path, err)
	}
	return t, nil
}

func (t *tower) findOutput(usual []string) error {
	var fitting []onnx.Port
	for _, p := range t.session.Outputs {
		if len(p.Shape) == 2 && p.Type == onnx.Float32 {
			fitting = append(fitting, p)
		}
	}
	at := slices.IndexFunc(fitting, func(p onnx.Port) bool { return slices.Contains(usual, p.Name) })
	if at < 0 && len(fitting) == 1 {
		at = 0
	}
	if at < 0 {
		return fmt.Errorf("none of its outputs is clearly an embedding: %s", describe(t.session.Outputs))
	}
	t.output = fitting[at].Name
	t.dimension = max(0, int(fitting[at].Shape[1]))
	return nil
}

func describe(ports []onnx.Port) string {
	parts := make([]string, len(ports))
	for i, p := range ports {
		parts[i] = fmt.Sprintf("%s %s%v", p.Name, p.Type, p.Shape)
	}
	return strings.Join(parts, ", ")
}

// normalise scales v to length 1 in place. It reports false for a vector that has no direction: zero, or not finite.
func normalise(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsInf(sum, 0) || math.IsNaN(sum) {
		return false
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
	return true
}

// split copies the rows of a run's output into normalised vectors of their own; nil stands for a row without direction.
func split(output []float32, dimension int) [][]float32 {
	vectors := make([][]float32, 0, len(output)/dimension)
	for row := range slices.Chunk(output, dimension) {
		v := slices.Clone(row)
		if !normalise(v) {
			v = nil
		}
		vectors = append(vectors, v)
	}
	return vectors
}
