package fusion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"pinax/engine"
)

// Member is an encoder of a fusion.
type Member struct {
	Encoder engine.Encoder
	Weight  float64 // of its cosine in the sum; more than 0. Weights need not add up to 1.
}

// Options tell what is not in the members.
type Options struct {
	Name string // by default "fusion-" and the beginning of the fingerprint
	// Projection makes vectors shorter; nil: they stay as they are. It must have been fitted for these members and weights.
	Projection *Projection
}

// Encoder implements engine.Encoder with several others, which stay their caller's to close.
type Encoder struct {
	members    []Member
	scales     []float64 // √(wᵢ/Σw)
	texts      []int     // by member, the first member whose texts it shares
	projection *Projection
	info       engine.EncoderInfo
}

var _ engine.Encoder = (*Encoder)(nil)

// New makes an encoder of at least two others. It returns ErrProjection for a projection that was fitted for another one.
func New(members []Member, o Options) (*Encoder, error) {
	if len(members) < 2 {
		return nil, fmt.Errorf("a fusion needs at least two encoders, not %d", len(members))
	}
	var sum float64
	for i, m := range members {
		if !(m.Weight > 0) || math.IsInf(m.Weight, 0) {
			return nil, fmt.Errorf("the weight of member %d is %v; it must be more than 0", i, m.Weight)
		}
		sum += m.Weight
	}
	e := &Encoder{members: slices.Clone(members), info: fusedInfo(members, sum)}
	for _, m := range members {
		e.scales = append(e.scales, math.Sqrt(m.Weight/sum))
		same := slices.IndexFunc(members, func(other Member) bool { return textEncoder(other) == textEncoder(m) })
		e.texts = append(e.texts, same)
	}
	if err := e.project(o.Projection); err != nil {
		return nil, err
	}
	e.info.Name = o.Name
	if o.Name == "" {
		e.info.Name = "fusion-" + e.info.Fingerprint[:12]
	}
	return e, nil
}

// project makes the encoder's vectors shorter from now on.
func (e *Encoder) project(p *Projection) error {
	if p == nil {
		return nil
	}
	if err := p.fits(e.info); err != nil {
		return err
	}
	e.projection = p
	e.info.Dimension = p.Dimension()
	e.info.Fingerprint = hashOf("projected %s %s\n", e.info.Fingerprint, p.Hash())
	return nil
}

// textEncoder returns what encodes a member's texts: several members may be parts of one encoder.
func textEncoder(m Member) engine.Encoder {
	if shared, ok := m.Encoder.(interface{ TextEncoder() engine.Encoder }); ok {
		return shared.TextEncoder()
	}
	return m.Encoder
}

// fusedInfo describes a fusion without a projection: what all of its members have.
func fusedInfo(members []Member, sum float64) engine.EncoderInfo {
	first := members[0].Encoder.Info()
	info := engine.EncoderInfo{Languages: slices.Clone(first.Languages), Provider: first.Provider, Devices: first.Devices,
		MaxTokens: first.MaxTokens}
	var licences []string
	identity := "fusion\n"
	for _, m := range members {
		member := m.Encoder.Info()
		identity += fmt.Sprintf("%s %g\n", member.Fingerprint, m.Weight/sum)
		info.Dimension += member.Dimension
		info.ImageSize = max(info.ImageSize, member.ImageSize)
		info.MaxTokens = fewest(info.MaxTokens, member.MaxTokens)
		info.LogitScale += m.Weight / sum * member.LogitScale
		info.LogitBias += m.Weight / sum * member.LogitBias
		info.Languages = slices.DeleteFunc(info.Languages, func(l string) bool { return !slices.Contains(member.Languages, l) })
		if member.Licence != "" && !slices.Contains(licences, member.Licence) {
			licences = append(licences, member.Licence)
		}
		if info.Fallback == "" {
			info.Fallback = member.Fallback
		}
	}
	info.Licence = strings.Join(licences, " AND ")
	info.Fingerprint = hashOf("%s", identity)
	return info
}

// fewest returns the smaller of two limits, of which 0 is none.
func fewest(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

func hashOf(format string, args ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	return hex.EncodeToString(sum[:])
}

// Info implements engine.Encoder. Logit scale and bias are the weighted means of the members', languages are those that all know.
func (e *Encoder) Info() engine.EncoderInfo { return e.info }

// EncodeTexts implements engine.Encoder. A text to which one member finds no direction has none.
func (e *Encoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	encoded := make([][][]float32, len(e.members)) // [member][text][dimension]
	g, ctx := errgroup.WithContext(ctx)
	for i, m := range e.members {
		if e.texts[i] == i {
			g.Go(func() (err error) { encoded[i], err = m.Encoder.EncodeTexts(ctx, texts); return err })
		}
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	fused := make([][]float32, len(texts))
	parts := make([][]float32, len(e.members))
	for t := range texts {
		for i := range e.members {
			parts[i] = encoded[e.texts[i]][t]
		}
		fused[t] = e.fuse(parts)
	}
	return fused, nil
}

// EncodeImages implements engine.Encoder. A picture that one member refuses is refused, and no other.
func (e *Encoder) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	encoded := make([][]engine.EncodedImage, len(e.members))
	g, ctx := errgroup.WithContext(ctx)
	for i, m := range e.members {
		g.Go(func() (err error) { encoded[i], err = m.Encoder.EncodeImages(ctx, images); return err })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	fused := make([]engine.EncodedImage, len(images))
	parts := make([][]float32, len(e.members))
	for n := range images {
		var failures []error
		for i := range e.members {
			parts[i] = encoded[i][n].Vector
			failures = append(failures, encoded[i][n].Err)
		}
		if err := firstOf(failures); err != nil {
			fused[n].Err = err
			continue
		}
		fused[n] = encoded[0][n]
		if fused[n].Vector = e.fuse(parts); fused[n].Vector == nil {
			fused[n].Err = engine.Errorf(engine.CodeUnprocessable, "the encoder found no direction for the picture")
		}
	}
	return fused, nil
}

// firstOf returns the first error. The members' joined would tell the same thing as often as there are members.
func firstOf(errs []error) error {
	at := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if at < 0 {
		return nil
	}
	return errs[at]
}

// fuse returns the vector of length 1 that stands for the members' unit vectors, nil where there is none.
func (e *Encoder) fuse(parts [][]float32) []float32 {
	fused := make([]float32, 0, len(parts)*len(parts[0]))
	for i, part := range parts {
		if part == nil {
			return nil
		}
		for _, x := range part {
			fused = append(fused, float32(e.scales[i]*float64(x)))
		}
	}
	if e.projection == nil {
		return fused
	}
	return e.projection.Apply(fused)
}

// ErrProjection says that a projection cannot be used.
var ErrProjection = errors.New("the projection cannot be used")
