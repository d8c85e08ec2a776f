package clip

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"time"
)

const (
	// gridEdge is the number of cells along each edge of what frames are compared by.
	gridEdge = 16
	// changed is how far the cells of two frames differ on average, of 255, when something else is to be seen. A person
	// who moves makes 5 to 20, noise and compression 1 to 2.
	changed = 6
	// longestStill is how long a frame stands for those after it however little changes.
	longestStill = 2 * time.Second
)

// sample is a frame that is going to be encoded.
type sample struct {
	at     time.Duration
	until  time.Duration // of the next sample, or of the clip
	png    []byte        // lossless, so that the encoder sees the pixels as they are
	grid   []uint8
	change float64 // against the sample before
}

// sampler takes the frames of a clip in turn and keeps those that show something new.
type sampler struct {
	most          int
	samples       []sample
	now           time.Duration
	width, height int
}

// add looks at the next frame, which is shown for so long.
func (s *sampler) add(m *image.NRGBA, shown time.Duration) error {
	at := s.now
	s.now += shown
	s.width, s.height = m.Rect.Dx(), m.Rect.Dy()
	grid := gridOf(m)
	change := 255.
	if n := len(s.samples); n > 0 {
		last := s.samples[n-1]
		if change = difference(last.grid, grid); change < changed && at-last.at < longestStill {
			return nil
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		return err
	}
	s.samples = append(s.samples, sample{at: at, png: b.Bytes(), grid: grid, change: change})
	if len(s.samples) >= 2*s.most {
		s.thin()
	}
	return nil
}

// thin leaves most samples, those with the greatest changes.
func (s *sampler) thin() {
	if len(s.samples) <= s.most {
		return
	}
	changes := make([]float64, len(s.samples))
	for i, f := range s.samples {
		changes[i] = f.change
	}
	slices.Sort(changes)
	least, kept := changes[len(changes)-s.most], s.samples[:0]
	for _, f := range s.samples {
		if f.change >= least && len(kept) < s.most {
			kept = append(kept, f)
		}
	}
	clear(s.samples[len(kept):])
	s.samples = kept
}

// finish returns the samples, each with its end.
func (s *sampler) finish() []sample {
	s.thin()
	for i := range s.samples {
		s.samples[i].until = s.now
		if i+1 < len(s.samples) {
			s.samples[i].until = s.samples[i+1].at
		}
	}
	return s.samples
}

// gridOf averages a frame over the cells of a grid, in its three colours: [gridEdge][gridEdge][3].
func gridOf(m *image.NRGBA) []uint8 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	grid := make([]uint8, 0, 3*gridEdge*gridEdge)
	for j := range gridEdge {
		for i := range gridEdge {
			left, top := i*w/gridEdge, j*h/gridEdge
			right, bottom := max((i+1)*w/gridEdge, left+1), max((j+1)*h/gridEdge, top+1)
			grid = append(grid, mean(m, image.Rect(left, top, right, bottom))...)
		}
	}
	return grid
}

// mean averages every pixel of small cells, and every so many of large ones.
func mean(m *image.NRGBA, cell image.Rectangle) []uint8 {
	const most = 8 // pixels along an edge of the cell
	dx, dy := max(1, cell.Dx()/most), max(1, cell.Dy()/most)
	var sum [3]int
	n := 0
	for y := cell.Min.Y; y < cell.Max.Y; y += dy {
		for x := cell.Min.X; x < cell.Max.X; x += dx {
			p := m.Pix[y*m.Stride+4*x:]
			sum[0] += int(p[0])
			sum[1] += int(p[1])
			sum[2] += int(p[2])
			n++
		}
	}
	return []uint8{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n)}
}

// difference is the mean distance of two grids.
func difference(a, b []uint8) float64 {
	sum := 0
	for i, x := range a {
		sum += max(int(x)-int(b[i]), int(b[i])-int(x))
	}
	return float64(sum) / float64(len(a))
}
