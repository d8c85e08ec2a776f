package fusion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
)

// other is an encoder whose vectors have nothing to do with those of another seed.
func other(seed, dimension int) *seeded {
	e := enginetest.NewEncoder(dimension)
	e.Print = hashOf("print %d", seed)
	return &seeded{Encoder: e, seed: seed}
}

// seeded tells words differently from encoders with other seeds, and can refuse a picture.
type seeded struct {
	*enginetest.Encoder
	seed    int
	refuses string // pictures of these words
	texts   int
}

func (s *seeded) words(text string) string {
	fields := strings.Fields(text)
	for i, f := range fields {
		fields[i] = fmt.Sprint(s.seed, f)
	}
	return strings.Join(fields, " ")
}

func (s *seeded) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	s.texts += len(texts)
	vectors, err := s.Encoder.EncodeTexts(ctx, texts)
	for i, v := range vectors {
		if v != nil {
			vectors[i] = s.Vector(s.words(texts[i]))
		}
	}
	return vectors, err
}

func (s *seeded) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	out, err := s.Encoder.EncodeImages(ctx, images)
	for i := range out {
		words := strings.TrimPrefix(string(images[i]), enginetest.PictureHead)
		if s.refuses != "" && words == s.refuses {
			out[i] = engine.EncodedImage{Err: engine.Errorf(engine.CodeUnprocessable, "member %d refuses", s.seed)}
		} else if out[i].Err == nil {
			out[i].Vector = s.Vector(s.words(words))
		}
	}
	return out, err
}

func cosine(a, b []float32) float64 {
	var dot float64
	for i, x := range a {
		dot += float64(x) * float64(b[i])
	}
	return dot
}

func TestNewRefuses(t *testing.T) {
	a, b := other(1, 4), other(2, 4)
	for _, c := range []struct {
		name    string
		members []Member
		says    string
	}{
		{"nobody", nil, "at least two"},
		{"one", []Member{{a, 1}}, "at least two"},
		{"no weight", []Member{{a, 1}, {b, 0}}, "member 1"},
		{"a negative one", []Member{{a, -1}, {b, 1}}, "member 0"},
		{"no number", []Member{{a, math.NaN()}, {b, 1}}, "member 0"},
		{"infinite", []Member{{a, math.Inf(1)}, {b, 1}}, "member 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.members, Options{})
			require.ErrorContains(t, err, c.says)
		})
	}
}

// TestScoreIsTheWeightedSum is what a fusion promises, for random members, weights, texts and pictures.
func TestScoreIsTheWeightedSum(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	text := func() string {
		words := make([]string, 1+random.IntN(5))
		for i := range words {
			words[i] = fmt.Sprint("w", random.IntN(20))
		}
		return strings.Join(words, " ")
	}
	for round := range 100 {
		members := make([]Member, 2+random.IntN(4))
		var sum float64
		for i := range members {
			members[i] = Member{other(100*round+i, 1+random.IntN(64)), math.Exp(4 * random.NormFloat64())}
			sum += members[i].Weight
		}
		fused, err := New(members, Options{})
		require.NoError(t, err)
		query, shown := text(), enginetest.Picture(text())
		queries, err := fused.EncodeTexts(t.Context(), []string{query})
		require.NoError(t, err)
		images, err := fused.EncodeImages(t.Context(), [][]byte{shown})
		require.NoError(t, err)
		require.Len(t, queries[0], fused.Info().Dimension)
		require.InDelta(t, 1, cosine(queries[0], queries[0]), 1e-5)

		var want float64
		for _, m := range members {
			q, err := m.Encoder.EncodeTexts(t.Context(), []string{query})
			require.NoError(t, err)
			p, err := m.Encoder.EncodeImages(t.Context(), [][]byte{shown})
			require.NoError(t, err)
			want += m.Weight / sum * cosine(q[0], p[0].Vector)
		}
		require.InDelta(t, want, cosine(queries[0], images[0].Vector), 1e-5)
	}
}

func TestInfo(t *testing.T) {
	a, b := other(1, 4), other(2, 6)
	of := func(o Options, members ...Member) engine.EncoderInfo {
		e, err := New(members, o)
		require.NoError(t, err)
		return e.Info()
	}
	plain := of(Options{}, Member{a, 1}, Member{b, 2})
	require.Equal(t, 10, plain.Dimension)
	require.Equal(t, "fusion-"+plain.Fingerprint[:12], plain.Name)
	require.Equal(t, "both", of(Options{Name: "both"}, Member{a, 1}, Member{b, 2}).Name)
	require.Equal(t, "Apache-2.0", plain.Licence)
	require.InDelta(t, 20, plain.LogitScale, 1e-9)

	require.Equal(t, plain.Fingerprint, of(Options{}, Member{a, 10}, Member{b, 20}).Fingerprint, "weights in the same ratio")
	require.NotEqual(t, plain.Fingerprint, of(Options{}, Member{a, 2}, Member{b, 1}).Fingerprint)
	require.NotEqual(t, plain.Fingerprint, of(Options{}, Member{b, 2}, Member{a, 1}).Fingerprint, "another order, other vectors")
	require.Equal(t, []int{0, 5, 5, 3}, []int{fewest(0, 0), fewest(0, 5), fewest(5, 0), fewest(5, 3)})
}

func TestFailuresStayTheirOwn(t *testing.T) {
	a, b := other(1, 4), other(2, 4)
	b.refuses = "torn"
	e, err := New([]Member{{a, 1}, {b, 1}}, Options{})
	require.NoError(t, err)
	images, err := e.EncodeImages(t.Context(), [][]byte{enginetest.Picture("good"), enginetest.Picture("torn"), nil, enginetest.Picture("fine")})
	require.NoError(t, err)
	require.ErrorContains(t, images[1].Err, "member 2 refuses")
	require.Nil(t, images[1].Vector)
	require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(images[2].Err))
	for _, i := range []int{0, 3} {
		require.NoError(t, images[i].Err)
		require.Len(t, images[i].Vector, 8)
		require.Equal(t, "image/png", images[i].Type)
	}
	vectors, err := e.EncodeTexts(t.Context(), []string{"good", enginetest.Void, "fine"})
	require.NoError(t, err)
	require.Nil(t, vectors[1])
	require.NotNil(t, vectors[2])

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = e.EncodeTexts(ctx, []string{"good"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = e.EncodeImages(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// part shares the texts of a whole encoder.
type part struct{ *seeded }

func (p part) TextEncoder() engine.Encoder { return p.seeded }

func TestPartsShareTexts(t *testing.T) {
	whole := other(1, 4)
	e, err := New([]Member{{part{whole}, 1}, {part{whole}, 1}, {whole, 2}}, Options{})
	require.NoError(t, err)
	vectors, err := e.EncodeTexts(t.Context(), []string{"red", "blue"})
	require.NoError(t, err)
	require.Equal(t, 2, whole.texts, "each text once")
	require.InDelta(t, 1, cosine(vectors[0], vectors[0]), 1e-6)
}

// flat are vectors that lie in few directions, with a little noise.
func flat(random *rand.Rand, n, dimension, rank int) [][]float32 {
	basis := make([][]float64, rank)
	for i := range basis {
		basis[i] = make([]float64, dimension)
		for j := range basis[i] {
			basis[i][j] = random.NormFloat64()
		}
	}
	vectors := make([][]float32, n)
	for i := range vectors {
		sum := make([]float64, dimension)
		for _, b := range basis {
			share := random.NormFloat64()
			for j := range sum {
				sum[j] += share*b[j] + 0.01*random.NormFloat64()
			}
		}
		var norm float64
		for _, x := range sum {
			norm += x * x
		}
		for _, x := range sum {
			vectors[i] = append(vectors[i], float32(x/math.Sqrt(norm)))
		}
	}
	return vectors
}

func TestFitRefuses(t *testing.T) {
	info := engine.EncoderInfo{Fingerprint: hashOf("x"), Dimension: 8}
	vectors := flat(rand.New(rand.NewPCG(1, 0)), 10, 8, 3)
	for _, c := range []struct {
		name      string
		info      engine.EncoderInfo
		vectors   [][]float32
		dimension int
		says      string
	}{
		{"no fingerprint", engine.EncoderInfo{Fingerprint: "x", Dimension: 8}, vectors, 3, "no fingerprint"},
		{"nothing left", info, vectors, 0, "at least 1"},
		{"nothing gained", info, vectors, 8, "less"},
		{"too few vectors", info, vectors[:2], 3, "2 vectors"},
		{"vectors of another length", info, append(vectors[:9:9], make([]float32, 7)), 3, "7 elements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Fit(c.info, c.vectors, c.dimension)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestFit(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	vectors := flat(random, 600, 40, 8)
	info := engine.EncoderInfo{Fingerprint: hashOf("x"), Dimension: 40}
	p, kept, err := Fit(info, vectors[:500], 8)
	require.NoError(t, err)
	require.Greater(t, kept, 0.98)
	for i := range 8 { // rows are orthonormal
		for j := range 8 {
			want := 0.0
			if i == j {
				want = 1
			}
			require.InDelta(t, want, cosine(p.rows[i*40:(i+1)*40], p.rows[j*40:(j+1)*40]), 1e-5)
		}
	}
	for range 200 {
		a, b := vectors[random.IntN(600)], vectors[random.IntN(600)]
		require.InDelta(t, cosine(a, b), cosine(p.Apply(a), p.Apply(b)), 0.05)
	}
	all := p.Recall(vectors[:500], vectors[500:], 10)
	require.Greater(t, all, 0.8)

	less, lessKept, err := Fit(info, vectors[:500], 2)
	require.NoError(t, err)
	require.Less(t, lessKept, kept)
	require.Less(t, less.Recall(vectors[:500], vectors[500:], 10), all, "too few directions lose neighbours")
	require.Zero(t, p.Recall(nil, vectors, 10))
	require.Nil(t, p.Apply(make([]float32, 40)))
}

func TestProjectedFusion(t *testing.T) {
	members := []Member{{other(1, 16), 2}, {other(2, 16), 1}}
	fused, err := New(members, Options{})
	require.NoError(t, err)
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("w%d w%d w%d", i%7, i%11, i%13))
	}
	vectors, err := fused.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	p, _, err := Fit(fused.Info(), vectors, 24)
	require.NoError(t, err)
	short, err := New(members, Options{Projection: p})
	require.NoError(t, err)
	require.Equal(t, 24, short.Info().Dimension)
	require.NotEqual(t, fused.Info().Fingerprint, short.Info().Fingerprint)
	got, err := short.EncodeTexts(t.Context(), texts[:2])
	require.NoError(t, err)
	require.Len(t, got[0], 24)
	require.InDelta(t, 1, cosine(got[0], got[0]), 1e-5)
	require.InDelta(t, cosine(vectors[0], vectors[1]), cosine(got[0], got[1]), 0.1)

	_, err = New([]Member{members[1], members[0]}, Options{Projection: p})
	require.ErrorIs(t, err, ErrProjection, "fitted for another fusion")
}

func fitted(tb testing.TB) *Projection {
	tb.Helper()
	p, _, err := Fit(engine.EncoderInfo{Fingerprint: hashOf("x"), Dimension: 6}, flat(rand.New(rand.NewPCG(2, 0)), 50, 6, 4), 3)
	require.NoError(tb, err)
	return p
}

func TestProjectionFile(t *testing.T) {
	p := fitted(t)
	data, err := p.MarshalBinary()
	require.NoError(t, err)
	for i := range data {
		damaged := append([]byte(nil), data...)
		damaged[i] ^= 0x10
		_, err := ParseProjection(damaged)
		require.ErrorIs(t, err, ErrProjection, "byte %d", i)
		_, err = ParseProjection(data[:i])
		require.ErrorIs(t, err, ErrProjection)
	}
	again, err := ParseProjection(data)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Equal(t, p.Hash(), again.Hash())
}

// TestProjectionFileOfLies has good checksums and senseless contents.
func TestProjectionFileOfLies(t *testing.T) {
	for name, p := range map[string]*Projection{
		"nothing left":       {encoder: hashOf("x"), from: 2, to: 0},
		"longer than before": {encoder: hashOf("x"), from: 1, to: 2, rows: make([]float32, 2)},
		"fewer rows":         {encoder: hashOf("x"), from: 3, to: 2, rows: make([]float32, 3)},
		"far too many":       {encoder: hashOf("x"), from: 1 << 20, to: 1 << 20},
		"no number":          {encoder: hashOf("x"), from: 2, to: 1, rows: []float32{1, float32(math.NaN())}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseProjection(p.encode())
			require.True(t, errors.Is(err, ErrProjection), "%v", err)
		})
	}
}

func FuzzParseProjection(f *testing.F) {
	data, err := fitted(f).MarshalBinary()
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProjection(data)
		if err != nil {
			require.ErrorIs(t, err, ErrProjection)
			return
		}
		require.Equal(t, data, p.encode())
	})
}
