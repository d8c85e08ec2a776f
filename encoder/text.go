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
	ids, mask string // names of inputs; mask is empty when the graph takes none
	length    int    // tokens that the graph wants, 0: any
	pad       int64
	observer  engine.Observer
	buffers   sync.Pool // of *textBuffers
}

type textBuffers struct {
	ids, mask []int64
	vectors   []float32
}

// tokens is one text on its way to the tower.
type tokens struct {
	ids  []int64
	took time.Duration // of tokenizing
}

func openText(l loader, f *folder, observer engine.Observer) (*textTower, error) {
	t, err := openTower(l, f.text, "text_embeds", "text_features")
	if err != nil {
		return nil, err
	}
	x := &textTower{tower: t, pad: f.tokenizer.PadID(), observer: observer}
	x.buffers.New = func() any { return new(textBuffers) }
	if err := x.findInputs(f.tokenizer); err != nil {
		t.session.Close()
		return nil, damaged("the model file %s cannot be used: %w", f.text.path, err)
	}
	return x, nil
}

func (x *textTower) findInputs(tok tokenizer.Tokenizer) error {
	for _, p := range x.session.Inputs {
		if p.Type != onnx.Int64 || len(p.Shape) != 2 {
			return fmt.Errorf("its input %s is not of the shape int64[batch][tokens]", describe([]onnx.Port{p}))
		}
		switch p.Name {
		case "input_ids":
			x.ids = p.Name
			x.maxBatch, x.length = max(0, int(p.Shape[0])), max(0, int(p.Shape[1]))
		case "attention_mask":
			x.mask = p.Name
		default:
			return fmt.Errorf("it wants the input %q, which is not known", p.Name)
		}
	}
	if x.ids == "" {
		return fmt.Errorf("it lacks the input input_ids: it has %s", describe(x.session.Inputs))
	}
	if x.length > 0 && (tok.MaxTokens() == 0 || tok.MaxTokens() > x.length) {
		return fmt.Errorf("it wants %d tokens, and %s gives up to %d", x.length, tokenizerFile, tok.MaxTokens())
	}
	return nil
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
	b := x.buffers.Get().(*textBuffers)
	defer x.buffers.Put(b)
	b.ids, b.mask = b.ids[:0], b.mask[:0]
	var tokenizing time.Duration
	for _, i := range order {
		b.appendRow(texts[i].ids, length, x.pad)
		tokenizing += texts[i].took
	}
	shape := []int64{int64(n), int64(length)}
	inputs := []onnx.Tensor{{Name: x.ids, Shape: shape, Ints: b.ids}}
	if x.mask != "" {
		inputs = append(inputs, onnx.Tensor{Name: x.mask, Shape: shape, Ints: b.mask})
	}
	b.vectors = grow(b.vectors, n*x.dimension)
	if err := x.session.Run(inputs, x.output, []int64{int64(n), int64(x.dimension)}, b.vectors); err != nil {
		return err
	}
	for row, v := range split(b.vectors, x.dimension) {
		vectors[order[row]] = v
	}
	x.observer.Observe(engine.StageEncodeText, time.Since(start)+tokenizing, n)
	return nil
}

// appendRow appends one text, padded to length, and its attention mask.
func (b *textBuffers) appendRow(ids []int64, length int, pad int64) {
	b.ids = append(b.ids, ids...)
	for range ids {
		b.mask = append(b.mask, 1)
	}
	for range length - len(ids) {
		b.ids = append(b.ids, pad)
		b.mask = append(b.mask, 0)
	}
}
