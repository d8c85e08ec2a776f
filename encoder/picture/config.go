package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// config is preprocessor_config.json as hubs have it. A nil field is missing there or null.
type config struct {
	Class       *string `json:"image_processor_type"`
	LegacyClass *string `json:"feature_extractor_type"`

	DoResize     *bool           `json:"do_resize"`
	Size         *size           `json:"size"`
	Resample     *int            `json:"resample"`
	DoCenterCrop *bool           `json:"do_center_crop"`
	CropSize     *size           `json:"crop_size"`
	DoPad        *bool           `json:"do_pad"`
	PadSize      *size           `json:"pad_size"`
	PadValue     *perChannel     `json:"pad_value"`
	DoRescale    *bool           `json:"do_rescale"`
	Rescale      *float64        `json:"rescale_factor"`
	DoNormalize  *bool           `json:"do_normalize"`
	Mean         *perChannel     `json:"image_mean"`
	Std          *perChannel     `json:"image_std"`
	CropPct      *float64        `json:"crop_pct"`
	Foreign      foreignSettings `json:"-"`

	number  resizeKind // what a bare number in Size means, 0 when that is not known
	cropPct bool       // CropPct is understood
}

// foreignSettings are the keys of other processors that change pixels in ways that are not known here.
type foreignSettings map[string]json.RawMessage

// foreignKeys are refused unless their value is null, false or zero.
var foreignKeys = [...]string{
	"crop_pct", "do_align_long_axis", "do_flip_channel_order", "do_image_splitting", "do_pan_and_scan", "do_random_crop",
	"do_thumbnail", "max_num_patches", "max_pixels", "min_pixels", "patch_size", "rescale_offset", "size_divisor",
}

// maxSide bounds the sides in a configuration: a typing error must not become gigabytes.
const maxSide = 8192

// size is an edge or a rectangle: a number, or an object with height and width, shortest_edge or longest_edge.
type size struct {
	Number       int `json:"-"`
	Height       int `json:"height"`
	Width        int `json:"width"`
	ShortestEdge int `json:"shortest_edge"`
	LongestEdge  int `json:"longest_edge"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *size) UnmarshalJSON(data []byte) error {
	type object size
	if data[0] != '{' {
		return json.Unmarshal(data, &s.Number)
	}
	return json.Unmarshal(data, (*object)(s))
}

// perChannel is a number for red, green and blue alike, or a list of three.
type perChannel [3]float64

// UnmarshalJSON implements json.Unmarshaler.
func (p *perChannel) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		var v float64
		err := json.Unmarshal(data, &v)
		*p = perChannel{v, v, v}
		return err
	}
	var list []float64
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list) != len(p) {
		return fmt.Errorf("a list of %d numbers, one a colour would be %d", len(list), len(p))
	}
	copy(p[:], list)
	return nil
}

func parseConfig(data []byte) (config, error) {
	var c config
	if err := json.Unmarshal(data, &c); err != nil {
		return config{}, err
	}
	c.complete()
	return c, nil
}

// class is the processor's name, "" when the file names none.
func (c *config) class() string {
	for _, s := range []*string{c.Class, c.LegacyClass} {
		if s != nil && *s != "" {
			return *s
		}
	}
	return ""
}

// checkForeign refuses settings that this package would have to ignore.
func (c *config) checkForeign() error {
	for _, key := range foreignKeys {
		if key == "crop_pct" && c.cropPct {
			continue
		}
		switch value := strings.TrimSpace(string(c.Foreign[key])); value {
		case "", "null", "false", "0":
		default:
			return fmt.Errorf("%q is %s, which is not supported", key, value)
		}
	}
	return nil
}

// resize reads how pictures are resized.
func (c *config) resize() (resizing, error) {
	if c.Size == nil {
		return resizing{}, errors.New(`"do_resize" without "size"`)
	}
	if c.Resample == nil {
		return resizing{}, errors.New(`"do_resize" without "resample"`)
	}
	if *c.Resample < int(Nearest) || *c.Resample > int(Hamming) {
		return resizing{}, fmt.Errorf(`"resample" is %d, Pillow's filters are 0 to 5`, *c.Resample)
	}
	r := resizing{filter: Filter(*c.Resample)}
	s := *c.Size
	switch {
	case s == size{Height: s.Height, Width: s.Width}:
		r.kind, r.height, r.width = toExact, s.Height, s.Width
	case s == size{ShortestEdge: s.ShortestEdge}:
		r.kind, r.height, r.width = toShortest, s.ShortestEdge, s.ShortestEdge
	case s == size{LongestEdge: s.LongestEdge}:
		if class := c.class(); class != "" {
			return resizing{}, fmt.Errorf(`"size" by longest_edge: how %s rounds is not known`, class)
		}
		r.kind, r.height, r.width = toLongest, s.LongestEdge, s.LongestEdge
	case s == size{Number: s.Number}:
		if c.number == 0 {
			return resizing{}, fmt.Errorf(`"size" is the bare number %d: write shortest_edge, or height and width`, s.Number)
		}
		r.kind, r.height, r.width = c.number, s.Number, s.Number
	default:
		return resizing{}, errors.New(`"size" mixes edges and sides`)
	}
	return r, checkSides("size", r.height, r.width)
}

// rectangle reads crop_size or pad_size.
func rectangle(key string, s *size) (height, width int, err error) {
	switch {
	case s == nil:
		return 0, 0, fmt.Errorf("%q is missing", key)
	case *s == size{Number: s.Number}:
		height, width = s.Number, s.Number
	case *s == size{Height: s.Height, Width: s.Width}:
		height, width = s.Height, s.Width
	default:
		return 0, 0, fmt.Errorf("%q needs height and width", key)
	}
	return height, width, checkSides(key, height, width)
}

func checkSides(key string, sides ...int) error {
	for _, n := range sides {
		if n < 1 || n > maxSide {
			return fmt.Errorf("%q is %d, it must be 1 to %d", key, n, maxSide)
		}
	}
	return nil
}

// samples reads a colour, black when it is missing.
func samples(key string, colour *perChannel) ([3]uint8, error) {
	var fill [3]uint8
	if colour == nil {
		return fill, nil
	}
	for i, v := range colour {
		if v < 0 || v > 255 || v != math.Trunc(v) {
			return fill, fmt.Errorf(`%q is %v, it must be a whole number from 0 to 255`, key, v)
		}
		fill[i] = uint8(v)
	}
	return fill, nil
}

// valueTable says what each of the 256 sample values becomes in the tensor, a table a colour.
type valueTable [3][256]float32

func newValueTable(value func(channel int, sample float32) float32) (*valueTable, error) {
	var table valueTable
	for channel := range table {
		for v := range table[channel] {
			x := value(channel, float32(v))
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, errors.New("rescaling and normalising do not give finite numbers")
			}
			table[channel][v] = x
		}
	}
	return &table, nil
}

// values has the precision of each step of the Hugging Face processors: rescaling in float64, rounded to float32,
// normalising in float32.
func (c *config) values() (*valueTable, error) {
	scale := orElse(c.Rescale, 1.0/255)
	if !orElse(c.DoRescale, true) {
		scale = 1
	}
	if !orElse(c.DoNormalize, true) {
		return newValueTable(func(_ int, sample float32) float32 { return float32(float64(sample) * scale) })
	}
	if c.Mean == nil || c.Std == nil {
		return nil, errors.New(`"do_normalize" without "image_mean" and "image_std"`)
	}
	return newValueTable(func(channel int, sample float32) float32 {
		x := float32(float64(sample) * scale)
		return float32(x-float32(c.Mean[channel])) / float32(c.Std[channel])
	})
}

// orElse is the value, or the default when it is missing.
func orElse[T any](value *T, missing T) T {
	if value == nil {
		return missing
	}
	return *value
}
