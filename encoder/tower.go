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
	output    output
	project   *projection // behind the output and its pooling, or nil
	dimension int         // of the vectors; 0 when neither the model nor its configuration says
	maxBatch  int         // 0: any
}

// output is what is asked of a graph for each input.
type output struct {
	name    string
	kind    outputKind
	width   int     // numbers of a vector: of an embedding, a token or a place
	inner   []int64 // the shape without the batch; −1 stands for tokens
	pooling pooling // of tokens
}

type outputKind int

const (
	vectorOutput outputKind = iota // [width]
	tokensOutput                   // [tokens][width]
	placesOutput                   // [width][height][width], as a convolution gives
)

// openTower loads a graph and finds its embedding, or what is made into one, among the outputs.
func openTower(l loader, file onnxFile, dimension int) (*tower, error) {
	session, err := l.load(file)
	if errors.Is(err, onnx.ErrProvider) {
		return nil, providerError(l.options.Provider, err)
	}
	if err != nil {
		return nil, unusable(file.path, err)
	}
	t := &tower{session: session, project: file.project}
	if err := t.settle(file, dimension); err != nil {
		session.Close()
		return nil, unusable(file.path, err)
	}
	return t, nil
}

// settle finds the output and the dimension of the vectors. The one given is what the configuration says, 0 for nothing.
func (t *tower) settle(file onnxFile, dimension int) error {
	var err error
	if t.output, err = findOutput(t.session.Outputs, file.embedding, file.pooling); err != nil {
		return err
	}
	width := &t.output.width
	if t.project == nil {
		if *width == 0 {
			*width = dimension
		}
		t.dimension = *width
		return nil
	}
	if *width == 0 {
		*width = t.project.in
	}
	if *width != t.project.in {
		return fmt.Errorf("its output %s has %d numbers, and the layer in %s takes %d", t.output.name, *width, t.project.source, t.project.in)
	}
	t.dimension = t.project.out
	return nil
}

// findOutput looks for an output with an embedding's name; then for the tokens, if it is said how to pool them; then for
// the pooled output; then for the only one that has the shape of an embedding, or that of features at places.
func findOutput(ports []onnx.Port, embedding string, pool pooling) (output, error) {
	byName := func(name string) func(onnx.Port) bool { return func(p onnx.Port) bool { return p.Name == name } }
	ofRank := func(rank int) func(onnx.Port) bool { return func(p onnx.Port) bool { return len(p.Shape) == rank } }
	order := []func(onnx.Port) bool{byName(embedding), byName("pooler_output"), ofRank(2), ofRank(4)}
	if pool != "" && embedding == "" {
		order = []func(onnx.Port) bool{ofRank(3)}
	}
	for _, fits := range order {
		var found []onnx.Port
		for _, p := range ports {
			if p.Type.Float() && fits(p) {
				found = append(found, p)
			}
		}
		if len(found) == 0 {
			continue
		}
		// Several hidden states: the last one is the first that exports list.
		if len(found) > 1 && found[0].Name != "last_hidden_state" {
			break
		}
		if o, ok := newOutput(found[0], pool); ok {
			return o, nil
		}
	}
	return output{}, fmt.Errorf("none of its outputs is clearly an embedding: %s", describe(ports))
}

func newOutput(p onnx.Port, pool pooling) (output, bool) {
	o := output{name: p.Name, pooling: pool, inner: slices.Clone(p.Shape[1:])}
	switch len(p.Shape) {
	case 2:
		o.width = max(0, int(p.Shape[1]))
	case 3:
		o.kind, o.width = tokensOutput, max(0, int(p.Shape[2]))
		return o, pool != ""
	case 4:
		o.kind, o.width = placesOutput, max(0, int(p.Shape[1]))
		return o, p.Shape[2] > 0 && p.Shape[3] > 0
	default:
		return o, false
	}
	return o, true
}

// shape is the shape of the output for a batch, whose inputs have that many tokens.
func (o *output) shape(batch, tokens int) (shape []int64, size int) {
	shape = append([]int64{int64(batch)}, o.inner...)
	switch o.kind {
	case vectorOutput, placesOutput:
		shape[1] = int64(o.width)
	case tokensOutput:
		shape[2] = int64(o.width)
		if shape[1] < 0 || tokens > 0 {
			shape[1] = int64(tokens)
		}
	}
	size = 1
	for _, n := range shape {
		size *= int(n)
	}
	return shape, size
}

// run encodes a batch of inputs with that many tokens each, of which filled(i) are no padding; pictures have 0. It returns
// normalised vectors, nil for one without direction. The buffer is grown and kept.
func (t *tower) run(buffer *[]float32, inputs []onnx.Tensor, batch, tokens int, filled func(i int) int) ([][]float32, error) {
	shape, size := t.output.shape(batch, tokens)
	*buffer = grow(*buffer, size)
	if err := t.session.Run(inputs, t.output.name, shape, *buffer); err != nil {
		return nil, err
	}
	vectors := make([][]float32, batch)
	var pooled []float32
	if t.output.kind != vectorOutput {
		pooled = make([]float32, t.output.width)
	}
	for i := range vectors {
		row := (*buffer)[i*size/batch : (i+1)*size/batch]
		vectors[i] = t.vector(row, pooled, filled(i))
	}
	return vectors, nil
}

// vector makes a vector of what the graph gave for one input.
func (t *tower) vector(row, pooled []float32, filled int) []float32 {
	switch width := t.output.width; t.output.kind {
	case vectorOutput:
		pooled = row
	case tokensOutput:
		if filled == 0 { // a picture has no padding
			filled = len(row) / width
		}
		t.output.pooling.apply(row, width, filled, pooled)
	case placesOutput:
		spatialMean(row, len(row)/width, pooled)
	}
	v := make([]float32, t.dimension)
	if t.project != nil {
		t.project.apply(pooled, v)
	} else {
		copy(v, pooled)
	}
	if !normalise(v) {
		return nil
	}
	return v
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
