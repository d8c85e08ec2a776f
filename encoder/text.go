package encoder

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"pinax/encoder/onnx"
	"pinax/encoder/tokenizer"
	"pinax/engine"
)

// runOverhead is what one more run costs, in tokens of one text: about 60 µs for pinax-mini at 5 µs a token, and about
// the same ratio for towers whose weights must come from memory once a run.
const runOverhead = 16

// textTower turns token ids into vectors.
type textTower struct {
	*tower
	inputs   []textInput // one for each of the session's
	length   int         // tokens that every text is padded to, 0: to the longest of a run
	pad      int64
	observer engine.Observer
	buffers  sync.Pool // of *textBuffers
}

// textInput is what an input of a text tower takes for each token.
type textInput int

const (
	unknownInput textInput = iota
	idsInput
	maskInput      // 1, and 0 for padding
	typesInput     // 0: there is one sentence
	positionsInput // 0, 1, 2…
)

type textBuffers struct {
	ints   [][]int64 // one for each input
	floats []float32
}

// tokens is one text on its way to the tower.
type tokens struct {
	ids  []int64
	took time.Duration // of tokenizing
}

func openText(l loader, f *folder, observer engine.Observer) (*textTower, error) {
	t, err := openTower(l, f.text, f.config.Dimension)
	if err != nil {
		return nil, err
	}
	x := &textTower{tower: t, pad: f.padID(), observer: observer}
	x.buffers.New = func() any { return new(textBuffers) }
	err = x.findInputs(f.tokenizer)
	if err == nil {
		err = x.settleLength(f)
	}
	if err != nil {
		t.session.Close()
		return nil, unusable(f.text.path, err)
	}
	return x, nil
}

// findInputs tells the inputs by their names. Ids may have any name where no other input is unknown.
func (x *textTower) findInputs(tok tokenizer.Tokenizer) error {
	for _, p := range x.session.Inputs {
		if !p.Type.Int() || len(p.Shape) != 2 {
			return fmt.Errorf("its input %s is not of the shape int64[batch][tokens]", describe([]onnx.Port{p}))
		}
		x.inputs = append(x.inputs, textInputOf(p.Name))
	}
	ids := slices.Index(x.inputs, idsInput)
	if ids < 0 {
		if ids = slices.Index(x.inputs, unknownInput); ids >= 0 {
			x.inputs[ids] = idsInput
		}
	}
	if unknown := slices.Index(x.inputs, unknownInput); unknown >= 0 {
		return fmt.Errorf("it wants the input %q, which is not known", x.session.Inputs[unknown].Name)
	}
	if ids < 0 {
		return fmt.Errorf("it lacks the input input_ids: it has %s", describe(x.session.Inputs))
	}
	shape := x.session.Inputs[ids].Shape
	x.maxBatch, x.length = max(0, int(shape[0])), max(0, int(shape[1]))
	if x.length > 0 && (tok.MaxTokens() == 0 || tok.MaxTokens() > x.length) {
		return fmt.Errorf("it wants %d tokens, and the tokenizer gives up to %d: set text.max_tokens in %s to %d",
			x.length, tok.MaxTokens(), cardFile, x.length)
	}
	return nil
}

func textInputOf(name string) textInput {
	switch name {
	case "input_ids":
		return idsInput
	case "attention_mask":
		return maskInput
	case "token_type_ids":
		return typesInput
	case "position_ids":
		return positionsInput
	}
	return unknownInput
}

// run encodes a batch in runs of similar length. A vector is nil when it has no direction.
func (x *textTower) run(texts []tokens) ([][]float32, error) {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(texts[a].ids), len(texts[b].ids)) })
	vectors := make([][]float32, len(texts))
	for len(order) > 0 {
		n := x.similar(texts, order)
		if err := x.runSimilar(texts, order[:n], vectors); err != nil {
			return nil, err
		}
		order = order[n:]
	}
	return vectors, nil
}

// similar returns how many of the texts, which order lists from short to long, make the next run: until padding those
// before to the length of one more costs more than a run of its own.
func (x *textTower) similar(texts []tokens, order []int) int {
	n := 1
	for ; n < len(order) && (x.maxBatch == 0 || n < x.maxBatch); n++ {
		longer := len(texts[order[n]].ids) - len(texts[order[n-1]].ids)
		if x.length == 0 && n*longer > runOverhead {
			break
		}
	}
	return n
}

// runSimilar encodes the texts that order lists, padded to the longest, which is the last.
func (x *textTower) runSimilar(texts []tokens, order []int, vectors [][]float32) error {
	start := time.Now()
	n, length := len(order), x.length
	if length == 0 {
		length = len(texts[order[n-1]].ids)
	}
	rows := make([][]int64, n)
	var tokenizing time.Duration
	for row, i := range order {
		rows[row] = texts[i].ids
		tokenizing += texts[i].took
	}
	found, err := x.runRows(rows, length)
	if err != nil {
		return err
	}
	for row, v := range found {
		vectors[order[row]] = v
	}
	x.observer.Observe(engine.StageEncodeText, time.Since(start)+tokenizing, n)
	return nil
}

// runRows encodes texts of at most length tokens, padded to that.
func (x *textTower) runRows(rows [][]int64, length int) ([][]float32, error) {
	b := x.buffers.Get().(*textBuffers)
	defer x.buffers.Put(b)
	b.ints = grow(b.ints, len(x.inputs))
	inputs := make([]onnx.Tensor, len(x.inputs))
	for i, input := range x.inputs {
		b.ints[i] = b.ints[i][:0]
		for _, ids := range rows {
			b.ints[i] = x.appendRow(b.ints[i], input, ids, length)
		}
		inputs[i] = onnx.Tensor{Name: x.session.Inputs[i].Name, Shape: []int64{int64(len(rows)), int64(length)}, Ints: b.ints[i]}
	}
	return x.tower.run(&b.floats, inputs, len(rows), length, func(i int) int { return len(rows[i]) })
}

// appendRow appends what an input takes for one text.
func (x *textTower) appendRow(dst []int64, input textInput, ids []int64, length int) []int64 {
	start := len(dst)
	if input == idsInput {
		dst = append(dst, ids...)
	}
	for i := len(dst) - start; i < length; i++ {
		var v int64
		switch {
		case input == idsInput:
			v = x.pad
		case input == positionsInput:
			v = int64(i)
		case input == maskInput && i < len(ids):
			v = 1
		}
		dst = append(dst, v)
	}
	return dst
}
