package quantizer

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

var names = []string{None, F16, Int8, Int4}

// dimensions are 1 to 4,096: powers of two, their neighbours, and those of encoders.
var dimensions = []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 384, 512, 768, 1000, 1024, 1536, 3072, 4095, 4096}

func TestNewRefusesUnknownNames(t *testing.T) {
	for _, name := range []string{"", "INT8", "int16", "bits"} {
		_, err := New(name, 8)
		require.ErrorContains(t, err, fmt.Sprintf("%q", name))
		for _, known := range names {
			require.ErrorContains(t, err, known, "the error says what there is")
		}
	}
}

func TestRowBytes(t *testing.T) {
	for _, c := range []struct {
		name      string
		dimension int
		want      int
	}{
		{None, 1, 64}, {None, 256, 1024}, {None, 257, 1088},
		{F16, 1, 32}, {F16, 256, 512},
		{Int8, 1, 64}, {Int8, 256, 256}, {Int8, 257, 320},
		{Int4, 1, 64}, {Int4, 128, 64}, {Int4, 129, 128}, {Int4, 512, 256},
	} {
		t.Run(fmt.Sprintf("%s of %d", c.name, c.dimension), func(t *testing.T) {
			require.Equal(t, c.want, newTable(t, c.name, c.dimension, 0).RowBytes())
		})
	}
}

func TestOnlyNoneIsExact(t *testing.T) {
	for _, name := range names {
		require.Equal(t, name == None, newTable(t, name, 8, 0).Exact(), name)
	}
}

// A score is never farther from the true one than the bound, whatever vectors and queries look like.
func TestScoresAreWithinBounds(t *testing.T) {
	onAll(t, dimensions, func(t *testing.T, name string, dimension int) {
		random := rand.New(rand.NewPCG(uint64(dimension), 1))
		vectors := someVectors(random, dimension)
		rows := newTable(t, name, dimension, len(vectors))
		rows.encode(vectors)
		for i, unit := range someVectors(random, dimension) {
			for _, length := range []float32{1, 1e-3, 300} {
				query := scaled(unit, length)
				rows.coder.Ask(query)
				for j, score := range rows.score() {
					require.InDelta(t, dot(query, vectors[j]), score, float64(rows.coder.Bound())+rounding(query),
						"query %d of length %g, vector %d", i, length, j)
				}
			}
		}
	})
}

// Between two rows, both may be off.
func TestRowsAskedForAreWithinBounds(t *testing.T) {
	onAll(t, dimensions, func(t *testing.T, name string, dimension int) {
		random := rand.New(rand.NewPCG(uint64(dimension), 2))
		vectors := someVectors(random, dimension)
		rows := newTable(t, name, dimension, len(vectors))
		rows.encode(vectors)
		rows.coder.Ask(scaled(gaussian(random, dimension), 1))
		w := float64(rows.coder.Bound())
		matrix := make([][]float32, len(vectors))
		for i, v := range vectors {
			rows.coder.AskRow(rows.row(i))
			matrix[i] = rows.score()
			for j, score := range matrix[i] {
				require.InDelta(t, dot(v, vectors[j]), score, w*(2+w)+rounding(v), "row %d and row %d", i, j)
			}
		}
		for i := range vectors {
			for j := range i {
				require.InDelta(t, matrix[i][j], matrix[j][i], 1e-5, "row %d and row %d, the other way round", i, j)
			}
		}
	})
}

// Rows that are the same have the same score, in whatever company: walks count on ties.
func TestIdenticalRowsHaveIdenticalScores(t *testing.T) {
	onAll(t, dimensions, func(t *testing.T, name string, dimension int) {
		random := rand.New(rand.NewPCG(uint64(dimension), 3))
		same := scaled(gaussian(random, dimension), 1)
		var vectors [][]float32
		for i := range 23 {
			vectors = append(vectors, same)
			if i%3 == 0 {
				vectors = append(vectors, scaled(gaussian(random, dimension), 1))
			}
		}
		rows := newTable(t, name, dimension, len(vectors))
		rows.encode(vectors)
		ask := func(t *testing.T, ask func()) {
			ask()
			want := rows.score()[0]
			for count := 1; count <= len(vectors); count++ {
				scores := make([]float32, count)
				rows.coder.Score(rows.addresses[:count], scores)
				for i, score := range scores {
					if &vectors[i][0] == &same[0] {
						require.Equal(t, want, score, "row %d of %d", i, count)
					}
				}
			}
		}
		ask(t, func() { rows.coder.Ask(scaled(gaussian(random, dimension), 1)) })
		ask(t, func() { rows.coder.AskRow(rows.row(1)) })
	})
}

// A row holds nothing of what its memory held before.
func TestEncodeFillsTheRow(t *testing.T) {
	onAll(t, dimensions, func(t *testing.T, name string, dimension int) {
		random := rand.New(rand.NewPCG(uint64(dimension), 4))
		v := scaled(gaussian(random, dimension), 1)
		rows := newTable(t, name, dimension, 2)
		for i := range rows.row(1) {
			rows.row(1)[i] = 0xA5
		}
		rows.encode([][]float32{v, v})
		require.Equal(t, rows.row(0), rows.row(1))
	})
}

func TestNoneGivesBackWhatWasEncoded(t *testing.T) {
	v := gaussian(rand.New(rand.NewPCG(1, 1)), 33)
	rows := newTable(t, None, len(v), 1)
	rows.encode([][]float32{v})
	require.Equal(t, v, floatsOf(rows.row(0))[:len(v)])
	rows.coder.Ask(v)
	require.Zero(t, rows.coder.Bound())
	require.Zero(t, rows.coder.Deviation())
}

// The deviation is what it says, so that margins are neither too narrow nor a waste.
func TestDeviation(t *testing.T) {
	for _, name := range []string{F16, Int8, Int4} {
		for _, dimension := range []int{128, 256, 512, 1000} {
			t.Run(fmt.Sprintf("%s of %d", name, dimension), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(dimension)))
				vectors := make([][]float32, 300)
				for i := range vectors {
					vectors[i] = scaled(gaussian(random, dimension), 1)
				}
				rows := newTable(t, name, dimension, len(vectors))
				rows.encode(vectors)
				var expected, seen float64
				for range 30 {
					query := scaled(gaussian(random, dimension), 5)
					rows.coder.Ask(query)
					require.LessOrEqual(t, rows.coder.Deviation(), rows.coder.Bound())
					for j, score := range rows.score() {
						seen += math.Pow(dot(query, vectors[j])-float64(score), 2)
						expected += math.Pow(float64(rows.coder.Deviation()), 2)
					}
				}
				require.InEpsilon(t, 1, math.Sqrt(seen/expected), 0.3)
			})
		}
	}
}

// Coders of one quantizer work beside one another and tell each other how far rows are off.
func TestCodersAtTheSameTime(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			const dimension, each = 96, 50
			random := rand.New(rand.NewPCG(1, 1))
			vectors := make([][]float32, 4*each)
			for i := range vectors {
				vectors[i] = scaled(gaussian(random, dimension), 1)
			}
			rows := newTable(t, name, dimension, len(vectors))
			var group sync.WaitGroup
			for part := range 4 {
				group.Go(func() {
					coder := rows.NewCoder()
					scores := make([]float32, 1)
					for i := part * each; i < (part+1)*each; i++ {
						coder.Encode(rows.row(i), vectors[i])
						coder.AskRow(rows.row(i))
						coder.Score(rows.addresses[i:i+1], scores)
					}
				})
			}
			group.Wait()
			rows.coder.Ask(vectors[0])
			for j, score := range rows.score() {
				require.InDelta(t, dot(vectors[0], vectors[j]), score, float64(rows.coder.Bound())+rounding(vectors[0]))
			}
		})
	}
}

func TestRotationKeepsInnerProducts(t *testing.T) {
	for _, dimension := range dimensions {
		t.Run(fmt.Sprint(dimension), func(t *testing.T) {
			r := newRotation(dimension)
			vectors := someVectors(rand.New(rand.NewPCG(1, 1)), dimension)
			turned := make([][]float32, len(vectors))
			for i, v := range vectors {
				turned[i] = make([]float32, dimension)
				r.apply(turned[i], v)
			}
			for i, v := range vectors {
				for j, w := range vectors {
					require.InDelta(t, dot(v, w), dot(turned[i], turned[j]), 1e-5)
				}
			}
		})
	}
}

func FuzzBounds(f *testing.F) {
	f.Add(uint16(2), rawOf(1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(uint16(0), rawOf(1, 0, 0, 0, -1e30, 1e30, 1e-30, 0))
	f.Add(uint16(3), rawOf(slices.Repeat([]float32{1, -1, 0.5}, 86)...))
	f.Fuzz(func(t *testing.T, which uint16, raw []byte) {
		floats := floatsIn(raw)
		dimension := len(floats) / 2
		if dimension == 0 {
			return
		}
		vector, query := scaled(floats[:dimension], 1), floats[dimension:2*dimension]
		for _, name := range names {
			rows := newTable(t, name, dimension, 2)
			rows.encode([][]float32{vector, vector})
			rows.coder.Ask(query)
			scores := rows.score()
			require.Equal(t, scores[0], scores[1])
			require.InDelta(t, dot(query, vector), scores[0], float64(rows.coder.Bound())+rounding(query), name)
			rows.coder.AskRow(rows.row(int(which) % 2))
			require.False(t, math.IsNaN(float64(rows.score()[0])), name)
		}
	})
}

// onAll runs a test for every quantizer and dimension.
func onAll(t *testing.T, dimensions []int, test func(t *testing.T, name string, dimension int)) {
	for _, name := range names {
		for _, dimension := range dimensions {
			t.Run(fmt.Sprintf("%s of %d", name, dimension), func(t *testing.T) { test(t, name, dimension) })
		}
	}
}

// encodedTable is a quantizer with some rows in memory that the collector leaves where it is.
type encodedTable struct {
	Quantizer
	coder     Coder
	memory    []uint64
	addresses []uintptr
}

func newTable(t *testing.T, name string, dimension, count int) *encodedTable {
	q, err := New(name, dimension)
	require.NoError(t, err)
	require.Zero(t, q.RowBytes()%32)
	r := &encodedTable{Quantizer: q, coder: q.NewCoder(), memory: make([]uint64, q.RowBytes()/8*count+1)}
	for i := range count {
		r.addresses = append(r.addresses, uintptr(unsafe.Pointer(unsafe.SliceData(r.row(i)))))
	}
	return r
}

func (r *encodedTable) row(i int) []byte {
	all := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(r.memory))), 8*len(r.memory))
	return all[i*r.RowBytes() : (i+1)*r.RowBytes() : (i+1)*r.RowBytes()]
}

func (r *encodedTable) encode(vectors [][]float32) {
	for i, v := range vectors {
		r.coder.Encode(r.row(i), v)
	}
}

func (r *encodedTable) score() []float32 {
	scores := make([]float32, len(r.addresses))
	r.coder.Score(r.addresses, scores)
	return scores
}

// someVectors are of length 1, but for a zero vector: spread evenly, on an axis, with few large elements, all alike.
func someVectors(random *rand.Rand, dimension int) [][]float32 {
	axis, alike, few := make([]float32, dimension), make([]float32, dimension), make([]float32, dimension)
	axis[random.IntN(dimension)] = -1
	for i := range alike {
		alike[i] = 1
		few[i] = float32(math.Pow(random.NormFloat64(), 7))
	}
	return [][]float32{
		scaled(gaussian(random, dimension), 1), axis, scaled(alike, 1), scaled(few, 1), make([]float32, dimension),
		scaled(gaussian(random, dimension), 1),
	}
}

func gaussian(random *rand.Rand, dimension int) []float32 {
	v := make([]float32, dimension)
	for i := range v {
		v[i] = float32(random.NormFloat64())
	}
	return v
}

// scaled returns a vector in the direction of v with a length, or zeros if v has no direction.
func scaled(v []float32, length float32) []float32 {
	out := make([]float32, len(v))
	if square := dot(v, v); square > 0 {
		for i, x := range v {
			out[i] = float32(float64(x) * float64(length) / math.Sqrt(square))
		}
	}
	return out
}

func dot(a, b []float32) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// rounding is what float32 may lose of the scores of a query.
func rounding(query []float32) float64 {
	const smallestNormal = 0x1p-126
	return 1e-5*math.Sqrt(dot(query, query)) + smallestNormal*float64(len(query))
}

func rawOf(floats ...float32) (raw []byte) {
	for _, x := range floats {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return raw
}

// floatsIn reads numbers, those left out that are not finite or so great that their squares are not.
func floatsIn(raw []byte) (floats []float32) {
	for ; len(raw) >= 4 && len(floats) < 1024; raw = raw[4:] {
		x := math.Float32frombits(binary.LittleEndian.Uint32(raw))
		if x == x && x > -1e15 && x < 1e15 {
			floats = append(floats, x)
		}
	}
	return floats
}

func TestNamesAreThoseOfTheError(t *testing.T) {
	_, err := New("?", 1)
	require.Equal(t, len(names), strings.Count(err.Error(), ",")+2)
}

// BenchmarkAskRow is what linking does for every few rows that it scores.
func BenchmarkAskRow(b *testing.B) {
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			q, err := New(name, 256)
			require.NoError(b, err)
			coder, row := q.NewCoder(), make([]byte, q.RowBytes())
			coder.Encode(row, scaled(gaussian(rand.New(rand.NewPCG(1, 1)), 256), 1))
			for b.Loop() {
				coder.AskRow(row)
			}
		})
	}
}
