package picture

// raster gives a decoded picture row by row, so that it can be resized without being laid out as RGB first.
type raster struct {
	width, height int
	// row returns the 3×width RGB bytes of row y. They lie in buf, which is at least as long, or in the picture's own
	// memory: they must not be changed, and hold only until the next call. Not for concurrent use.
	row func(y int, buf []uint8) []uint8
}

// scratch is memory that resampling needs, reused from picture to picture.
type scratch struct {
	row  []uint8 // one source row
	rows []uint8 // the source rows that are needed, after the horizontal pass when that comes first
	sums []int32 // one row of the vertical pass
	wide []uint8 // one row between the passes, when the vertical one comes first
	out  []uint8 // one output row
}

// maxKept is how many bytes of scratch outlive a picture: enough for a 2000-pixel photo, little beside a model.
const maxKept = 4 << 20

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// resampling is how a picture is resized on both axes.
type resampling struct {
	across, down *weights
	downFirst    bool // Pillow rounds to bytes between the passes, so their order shows
}

// downFirst is Pillow's choice since version 13 (python-pillow/Pillow#9549): the vertical pass comes first when the
// height shrinks by more than twice what the width does. Before, the horizontal pass was always the first.
func downFirst(w, h, toWidth, toHeight int) bool {
	return toHeight < h && 2*(w-toWidth) < h-toHeight
}

// resample resizes r and hands each output row, 3 bytes a pixel, to emit.
func (s *scratch) resample(r raster, z resampling, emit func(y int, row []uint8)) {
	s.row, s.out = grown(s.row, 3*r.width), grown(s.out, 3*len(z.across.taps))
	switch {
	case z.down.single():
		for y, t := range z.down.taps {
			emit(y, z.across.row(r.row(t.first, s.row), s.out))
		}
	case z.downFirst:
		s.gather(r, z.down, nil, 3*r.width)
		s.wide = grown(s.wide, 3*r.width)
		s.blendAll(z.down, s.wide, func(y int, row []uint8) { emit(y, z.across.row(row, s.out)) })
	default:
		s.gather(r, z.down, z.across, len(s.out))
		s.blendAll(z.down, s.out, emit)
	}
}

// gather makes s.rows: the source rows that down needs, after across if there is one; each then has width bytes.
func (s *scratch) gather(r raster, down, across *weights, width int) {
	from, to := down.inputs()
	s.rows = grown(s.rows, (to-from)*width)
	for y := from; y < to; y++ {
		dst := s.rows[(y-from)*width : (y-from+1)*width]
		row := r.row(y, s.row)
		if across != nil {
			row = across.row(row, dst)
		}
		if &row[0] != &dst[0] {
			copy(dst, row)
		}
	}
}

// blendAll makes every output row from s.rows, in dst.
func (s *scratch) blendAll(down *weights, dst []uint8, emit func(y int, row []uint8)) {
	from, _ := down.inputs()
	s.sums = grown(s.sums, len(dst))
	for y, t := range down.taps {
		blend(s.rows[(t.first-from)*len(dst):], down.of(t), s.sums, dst)
		emit(y, dst)
	}
}

// single tells whether every output is one input unchanged.
func (w *weights) single() bool { return len(w.k) == 1 && w.k[0] == 1<<precision }

// row applies the weights along one RGB row. The result lies in dst, or in src when that is a window of it.
func (w *weights) row(src, dst []uint8) []uint8 {
	if w.single() {
		return w.pick(src, dst)
	}
	for i, t := range w.taps {
		k := w.of(t)
		px := src[3*t.first:]
		px = px[:3*len(k)]
		r, g, b := int32(1<<(precision-1)), int32(1<<(precision-1)), int32(1<<(precision-1))
		for j, c := range k {
			q := px[3*j : 3*j+3 : 3*j+3]
			r += int32(q[0]) * c
			g += int32(q[1]) * c
			b += int32(q[2]) * c
		}
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = clamp(r>>precision), clamp(g>>precision), clamp(b>>precision)
	}
	return dst
}

// pick is row for single weights.
func (w *weights) pick(src, dst []uint8) []uint8 {
	first := w.taps[0].first
	if n := len(w.taps); w.taps[n-1].first-first == n-1 { // steps are all at least 1 or all at most 1, so these are all 1
		return src[3*first : 3*(first+n)]
	}
	for i, t := range w.taps {
		copy(dst[3*i:3*i+3], src[3*t.first:])
	}
	return dst
}

// blend is the weighted sum of len(k) rows that lie one after the other.
func blend(rows []uint8, k []int32, sums []int32, dst []uint8) {
	for i := range sums {
		sums[i] = 1 << (precision - 1)
	}
	for j, c := range k {
		row := rows[j*len(sums):][:len(sums)]
		for i, v := range row {
			sums[i] += int32(v) * c
		}
	}
	dst = dst[:len(sums)]
	for i, v := range sums {
		dst[i] = clamp(v >> precision)
	}
}

func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
