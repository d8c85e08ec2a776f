package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
)

// Preprocessor turns pictures into the input of one vision model, as its preprocessor_config.json says. It is safe for
// concurrent use, and keeps some memory from picture to picture.
type Preprocessor struct {
	resize *resizing                 // nil: pictures keep their size
	place  func(have, want int) span // where an axis of the resized picture goes in the tensor
	height int
	width  int
	fill   [3]uint8 // where no picture is
	values *valueTable

	weights   weightsCache
	scratches sync.Pool // of *scratch
}

// resizing is the "size" of a configuration.
type resizing struct {
	kind          resizeKind
	height, width int // both the edge for toShortest and toLongest; the frame for the two by ratio
	filter        Filter
}

type resizeKind int

const (
	toExact         resizeKind = iota + 1
	toShortest                 // the shorter edge becomes width
	toLongest                  // the longer edge becomes width
	toShortestRatio            // fills the frame, as open_clip rounds
	toLongestRatio             // fits into the frame, as open_clip rounds
)

// ParsePreprocessor reads a preprocessor_config.json of the kind that model hubs have:
//
//   - resizing to {height, width}, {shortest_edge} or {longest_edge} with any of Pillow's filters, or none;
//   - cutting crop_size from the middle, or padding to pad_size with pad_value around the middle;
//   - rescaling and normalising.
//
// What is missing has the default of the class that image_processor_type names, where it is one of CLIP, ChineseCLIP,
// Siglip, ViT, DeiT, ConvNext and Bit, by its old or new name. do_resize, do_rescale and do_normalize are true when
// missing, as everywhere on the hubs; rescale_factor is 1/255.
//
// It also reads open_clip's preprocess_cfg, whose words jina-clip uses too: size, mean, std, interpolation, resize_mode
// shortest, longest or squash, and the colour of what is left open.
//
// Pictures are always converted to RGB. What it cannot do exactly is an error: a model fed with slightly different
// pixels still answers, only worse, and nobody would notice.
func ParsePreprocessor(data []byte) (*Preprocessor, error) {
	p, err := parsePreprocessor(data)
	if err != nil {
		return nil, fmt.Errorf("preprocessor configuration: %w", err)
	}
	return p, nil
}

func parsePreprocessor(data []byte) (*Preprocessor, error) {
	var keys foreignSettings
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	if isTorch(keys) {
		return parseTorch(data)
	}
	c, err := parseConfig(data)
	if err != nil {
		return nil, err
	}
	c.Foreign = keys
	return c.preprocessor()
}

func (c *config) preprocessor() (*Preprocessor, error) {
	if err := c.checkForeign(); err != nil {
		return nil, err
	}
	p := &Preprocessor{place: padded}
	if orElse(c.DoResize, true) {
		r, err := c.resize()
		if err != nil {
			return nil, err
		}
		p.resize = &r
	}
	if err := c.frame(p); err != nil {
		return nil, err
	}
	var err error
	p.values, err = c.values()
	return p, err
}

// frame reads cropping and padding, which decide the size of the input.
func (c *config) frame(p *Preprocessor) (err error) {
	pad, crop := orElse(c.DoPad, false), orElse(c.DoCenterCrop, false)
	switch {
	case crop && pad:
		return errors.New(`"do_center_crop" and "do_pad" together are not supported`)
	case c.DoCenterCrop == nil && c.CropSize != nil:
		return errors.New(`"crop_size" without "do_center_crop"`)
	case c.cropPct:
		return c.convNext(p)
	case crop:
		p.place = cropped
		p.height, p.width, err = rectangle("crop_size", c.CropSize)
		return err
	case pad:
		return c.padFrame(p)
	case p.resize != nil && p.resize.kind == toExact:
		p.height, p.width = p.resize.height, p.resize.width
		return nil
	}
	return errors.New("the size of the input would vary from picture to picture")
}

func (c *config) padFrame(p *Preprocessor) (err error) {
	if class := c.class(); class != "" {
		return fmt.Errorf(`"do_pad": where %s puts the picture is not known`, class)
	}
	if p.height, p.width, err = rectangle("pad_size", c.PadSize); err != nil {
		return err
	}
	if r := p.resize; r == nil || r.kind == toShortest || r.height > p.height || r.width > p.width {
		return errors.New(`"pad_size" is smaller than what "size" may give`)
	}
	p.fill, err = samples("pad_value", c.PadValue)
	return err
}

// Shape is the shape of the tensor of one picture.
func (p *Preprocessor) Shape() (channels, height, width int) { return 3, p.height, p.width }

// Preprocess decodes a picture straight into dst, which has the length that Shape says. It is Decode and Tensor in one,
// without laying the picture out in between.
func (p *Preprocessor) Preprocess(data []byte, l Limits, dst []float32) (Header, error) {
	f, err := Open(data, l)
	if err != nil {
		return Header{}, err
	}
	return f.Header, p.PreprocessFile(f, dst)
}

// PreprocessFile is Preprocess for a picture whose header was read already.
func (p *Preprocessor) PreprocessFile(f File, dst []float32) error {
	return p.PreprocessPart(f, Whole(), dst)
}

// Tensor writes the picture, preprocessed, to dst: [3][height][width], of the length that Shape says.
func (p *Preprocessor) Tensor(m *RGB, dst []float32) { p.fillTensor(m.raster(), dst) }

func (p *Preprocessor) fillTensor(r raster, dst []float32) {
	plane := p.height * p.width
	if len(dst) != 3*plane || r.width < 1 || r.height < 1 {
		panic(fmt.Sprintf("picture: %d×%d pixels into %d numbers, want %d", r.width, r.height, len(dst), 3*plane))
	}
	l := p.layout(r.width, r.height)
	p.fillAround(l, dst)
	s, _ := p.scratches.Get().(*scratch)
	if s == nil {
		s = new(scratch)
	}
	z := resampling{
		across:    p.weights.get(axis{r.width, l.width, l.x.from, l.x.from + l.x.count, l.filter}),
		down:      p.weights.get(axis{r.height, l.height, l.y.from, l.y.from + l.y.count, l.filter}),
		downFirst: downFirst(r.width, r.height, l.width, l.height),
	}
	s.resample(r, z, func(y int, row []uint8) {
		at := (l.y.at+y)*p.width + l.x.at
		p.writeRow(row, dst[at:], dst[plane+at:], dst[2*plane+at:])
	})
	if cap(s.rows) <= maxKept && cap(s.row) <= maxKept {
		p.scratches.Put(s)
	}
}

// fillAround fills what the picture leaves open.
func (p *Preprocessor) fillAround(l layout, dst []float32) {
	plane := p.height * p.width
	for c, sample := range p.fill {
		value, d := p.values[c][sample], dst[c*plane:(c+1)*plane]
		fill(d[:l.y.at*p.width], value)
		fill(d[(l.y.at+l.y.count)*p.width:], value)
		if l.x.count == p.width {
			continue
		}
		for y := l.y.at; y < l.y.at+l.y.count; y++ {
			row := d[y*p.width : (y+1)*p.width]
			fill(row[:l.x.at], value)
			fill(row[l.x.at+l.x.count:], value)
		}
	}
}

func fill(d []float32, v float32) {
	for i := range d {
		d[i] = v
	}
}

// writeRow takes interleaved RGB bytes apart into planes of tensor values.
func (p *Preprocessor) writeRow(row []uint8, red, green, blue []float32) {
	n := len(row) / 3
	red, green, blue = red[:n], green[:n], blue[:n]
	for x := range red {
		px := row[3*x : 3*x+3 : 3*x+3]
		red[x], green[x], blue[x] = p.values[0][px[0]], p.values[1][px[1]], p.values[2][px[2]]
	}
}

// layout says what of a picture goes where.
type layout struct {
	width, height int // the whole picture is resized to this
	filter        Filter
	x, y          span // what is taken of it
}

// span is one axis: samples from… of the resized picture go to at… in the tensor.
type span struct{ from, count, at int }

func (p *Preprocessor) layout(w, h int) layout {
	l := layout{width: w, height: h, filter: Bicubic}
	if p.resize != nil {
		l.width, l.height = p.resize.target(w, h)
		l.filter = p.resize.filter
	}
	l.x, l.y = p.place(l.width, p.width), p.place(l.height, p.height)
	return l
}

// target is the size that a w×h picture is resized to.
func (r *resizing) target(w, h int) (width, height int) {
	switch edge := r.width; r.kind {
	case toShortest:
		// transformers' get_resize_output_image_size truncates.
		if w <= h {
			return edge, int(float64(edge*h) / float64(w))
		}
		return int(float64(edge*w) / float64(h)), edge
	case toLongest:
		// Python's round goes to the even neighbour when it is half-way.
		s := float64(edge) / float64(max(w, h))
		return max(1, int(math.RoundToEven(float64(w)*s))), max(1, int(math.RoundToEven(float64(h)*s)))
	case toShortestRatio:
		return r.byRatio(w, h, min(float64(h)/float64(r.height), float64(w)/float64(r.width)))
	case toLongestRatio:
		return r.byRatio(w, h, max(float64(h)/float64(r.height), float64(w)/float64(r.width)))
	default:
		return r.width, r.height
	}
}

// byRatio divides both sides by the ratio, as open_clip's ResizeKeepRatio does.
func (r *resizing) byRatio(w, h int, ratio float64) (width, height int) {
	return max(1, int(math.RoundToEven(float64(w)/ratio))), max(1, int(math.RoundToEven(float64(h)/ratio)))
}

// cropped is transformers' center_crop: what is missing is filled, with the odd sample before the picture.
func cropped(have, want int) span {
	if have >= want {
		return span{from: (have - want) / 2, count: want}
	}
	return span{count: have, at: (want - have + 1) / 2}
}

// padded puts the picture in the middle, the odd sample behind it.
func padded(have, want int) span { return span{count: have, at: (want - have) / 2} }
