package engine

import (
	"context"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// maxEf bounds the candidates of one graph walk; beyond it an exact scan is faster.
const maxEf = 10_000

// maxRecall is the most that can be asked of a walk.
const maxRecall = 0.999

// maxWeight keeps sums of parts far from overflow.
const maxWeight = 1e6

// Target says which entries a search looks at.
type Target string

// The targets. TargetAny fuses the ranks of both modalities, never their scores: those do not compare.
const (
	TargetImage Target = "image"
	TargetText  Target = "text"
	TargetAny   Target = "any"
)

// Query asks for the items nearest to a weighted mixture of parts.
type Query struct {
	Parts  []Part
	Target Target // "": TargetImage
	Limit  int    // 0: 10
	Ef     int    // nodes that a walk expands, about; 0: the collection's setting
	// Recall is the share of the true nearest entries that is wanted, below 1: the index finds out how many candidates that
	// takes. 0: not asked for. Ef must be 0 then.
	Recall float32
	Exact  bool // scan every vector
}

// Part is one ingredient of a query: exactly one of Text, Image, Item and Vector is set.
type Part struct {
	Text   string
	Image  []byte    // an encoded picture
	Item   string    // the id of a stored item, which then is not among the hits
	Vector []float32 // [dimension]
	Weight float64   // not 0; negative: away from it
}

func (q Query) withDefaults() Query {
	if q.Target == "" {
		q.Target = TargetImage
	}
	if q.Limit == 0 {
		q.Limit = 10
	}
	return q
}

func (q Query) check(l Limits) error {
	switch {
	case len(q.Parts) == 0:
		return Errorf(CodeInvalid, "the query has no parts").WithHint(`give "query" at least one text, image, item or vector`)
	case len(q.Parts) > l.QueryParts:
		return Errorf(CodeTooLarge, "the query has %d parts, the limit is %d", len(q.Parts), l.QueryParts)
	case q.Target != TargetImage && q.Target != TargetText && q.Target != TargetAny:
		return Errorf(CodeInvalid, "target %q is unknown", clip(string(q.Target))).WithHint("use image, text or any")
	case q.Limit < 1 || q.Limit > l.QueryLimit:
		return Errorf(CodeInvalid, "limit is %d, it must be from 1 to %d", q.Limit, l.QueryLimit)
	case !(q.Recall >= 0 && q.Recall <= maxRecall):
		return Errorf(CodeInvalid, "recall is %g, it must be from 0 to %g", q.Recall, maxRecall).
			WithHint("exact: true finds all")
	case q.Recall > 0 && q.Exact:
		return Errorf(CodeInvalid, "an exact search finds all: leave recall out")
	case q.Recall > 0 && q.Ef > 0:
		return Errorf(CodeInvalid, "ef and recall are two ways to say the same: give one of them")
	case q.Ef < 0 || q.Ef > maxEf:
		return Errorf(CodeInvalid, "ef is %d, it must be from 0 to %d", q.Ef, maxEf)
	}
	for i, p := range q.Parts {
		if err := p.check(l); err != nil {
			return At(err, "query[%d]", i)
		}
	}
	return nil
}

func (p Part) check(l Limits) error {
	kinds := 0
	for _, set := range []bool{p.Text != "", p.Image != nil, p.Item != "", p.Vector != nil} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return Errorf(CodeInvalid, "a part needs exactly one of text, image, item and vector, it has %d", kinds)
	case p.Weight == 0 || math.IsNaN(p.Weight) || math.Abs(p.Weight) > maxWeight:
		return Errorf(CodeInvalid, "a weight must be a number other than 0, from -%g to %g", float64(maxWeight), float64(maxWeight))
	case len(p.Text) > l.TextBytes:
		return Errorf(CodeTooLarge, "the text has %d bytes, the limit is %d", len(p.Text), l.TextBytes)
	case !utf8.ValidString(p.Text):
		return Errorf(CodeInvalid, "the text is not valid UTF-8")
	case p.Text != "" && strings.TrimSpace(p.Text) == "":
		return Errorf(CodeInvalid, "the text is empty")
	}
	return nil
}

// vectors encodes the parts of a query: [len(parts)][dimension], L2-normalised.
func (e *Engine) vectors(ctx context.Context, c Collection, enc Encoder, q Query) ([][]float32, error) {
	vectors := make([][]float32, len(q.Parts))
	var texts []string
	var images [][]byte
	var textAt, imageAt []int
	for i, p := range q.Parts {
		var err error
		switch {
		case p.Text != "":
			texts, textAt = append(texts, p.Text), append(textAt, i)
		case p.Image != nil:
			images, imageAt = append(images, p.Image), append(imageAt, i)
		case p.Vector != nil:
			vectors[i], err = normaliseVector(p.Vector, c.Encoder.Dimension)
		default:
			vectors[i], err = e.itemVector(ctx, c.Name, p.Item)
		}
		if err != nil {
			return nil, At(err, "query[%d]", i)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if len(texts) == 0 {
			return nil
		}
		encoded, err := enc.EncodeTexts(ctx, texts)
		for j, v := range encoded {
			if v == nil {
				return At(noDirection(), "query[%d].text", textAt[j])
			}
			vectors[textAt[j]] = v
		}
		return err
	})
	g.Go(func() error {
		if len(images) == 0 {
			return nil
		}
		encoded, err := enc.EncodeImages(ctx, images)
		for j, r := range encoded {
			if r.Err != nil {
				return At(r.Err, "query[%d].image", imageAt[j])
			}
			vectors[imageAt[j]] = r.Vector
		}
		return err
	})
	return vectors, g.Wait()
}

// itemVector stands for a stored item: the mean of its image vectors or, where it has none, of its text vectors. An
// image vector finds both like pictures and fitting words.
func (e *Engine) itemVector(ctx context.Context, collection, id string) ([]float32, error) {
	r, err := e.backend.Get(ctx, collection, id)
	if err != nil {
		return nil, err
	}
	modality := r.Entries[0].Modality // entries are ordered: image before text
	var chosen [][]float32
	for _, entry := range r.Entries {
		if entry.Modality == modality {
			chosen = append(chosen, entry.Vector)
		}
	}
	weights := make([]float64, len(chosen))
	for i := range weights {
		weights[i] = 1
	}
	return weightedSum(chosen, weights)
}

// weightedSum returns Σ wᵢ·vᵢ scaled to length 1.
func weightedSum(vectors [][]float32, weights []float64) ([]float32, error) {
	sum := make([]float64, len(vectors[0]))
	var total float64
	for i, v := range vectors {
		total += math.Abs(weights[i])
		for j, x := range v {
			sum[j] += weights[i] * float64(x)
		}
	}
	var norm float64
	for _, x := range sum {
		norm += x * x
	}
	norm = math.Sqrt(norm)
	if norm <= 1e-6*total { // rounding alone would decide the direction
		return nil, Errorf(CodeInvalid, "the parts cancel each other out, nothing is left to search for").
			WithHint("change the weights")
	}
	unit := make([]float32, len(sum))
	for j, x := range sum {
		unit[j] = float32(x / norm)
	}
	return unit, nil
}
