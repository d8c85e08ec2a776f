package encoder

import (
	"fmt"
	"log/slog"
)

// probePadding is how many tokens of padding are asked about.
const probePadding = 32

// settleLength decides whether texts need no more padding than the longest of a run. That is exact where tokens do not see
// padding: behind a causal mask, or an attention mask. Exports do not say which of them a graph has (MobileCLIP's texts
// look both ways in some sizes and not in others, under one model_type), so the graph is asked: one text, with and without
// padding, has the same vector or not.
func (x *textTower) settleLength(f *folder) error {
	full := f.tokenizer.MaxTokens()
	if x.length > 0 || full == 0 || x.dimension == 0 {
		return nil
	}
	ids, err := f.tokenizer.Encode("a red dress")
	if err != nil {
		return err
	}
	if len(ids) >= full {
		return nil
	}
	trimmed, err := x.runRows([][]int64{ids}, len(ids))
	if err != nil { // it was traced at one length, which is in its constants
		if _, fullErr := x.runRows([][]int64{ids}, full); fullErr != nil {
			return fmt.Errorf("it does not run: %w", err)
		}
		x.length = full
	} else {
		// Some padding tells as much as all of it, which would be gigabytes for texts of 8192 tokens.
		padded, err := x.runRows([][]int64{ids}, min(full, len(ids)+probePadding))
		if err == nil && !same(padded[0], trimmed[0], f.text.precision) {
			x.length = full
		}
	}
	if x.length > 0 {
		slog.Info("texts of this model are all padded to the full length: padding has a part in its vectors",
			"model_file", f.text.path, "tokens", x.length)
	}
	return nil
}

// same reports whether two vectors of one text differ by no more than rounding does. 8-bit models round by the range of
// all activations, to which padding belongs.
func same(a, b []float32, p Precision) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	apart := map[Precision]float64{F32: 1e-5, F16: 1e-3}[p]
	if apart == 0 {
		apart = 1e-2
	}
	var dot float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot >= 1-apart
}
