package picture

import (
	"encoding/json"
	"errors"
	"fmt"
)

// torchConfig is how open_clip ("preprocess_cfg") and jina-clip (preprocessor_config.json) say what is done with
// torchvision. A nil field is missing there or null.
type torchConfig struct {
	Size          *heightWidth `json:"size"`
	Mode          string       `json:"mode"`
	Mean          *perChannel  `json:"mean"`
	Std           *perChannel  `json:"std"`
	Interpolation string       `json:"interpolation"`
	ResizeMode    string       `json:"resize_mode"`
	Fill          *perChannel  `json:"fill_color"`
}

// heightWidth is a number for both, or a list of the two.
type heightWidth [2]int

// UnmarshalJSON implements json.Unmarshaler.
func (s *heightWidth) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		err := json.Unmarshal(data, &s[0])
		s[1] = s[0]
		return err
	}
	var list []int
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	switch len(list) {
	case 1:
		s[0], s[1] = list[0], list[0]
	case 2:
		s[0], s[1] = list[0], list[1]
	default:
		return fmt.Errorf("a size of %d numbers", len(list))
	}
	return nil
}

// torchKeys tell that spelling from the Hugging Face one, which has other words for the same.
var torchKeys = [...]string{"resize_mode", "interpolation", "mean", "std", "fill_color"}

func isTorch(keys foreignSettings) bool {
	for _, key := range torchKeys {
		if _, ok := keys[key]; ok {
			return true
		}
	}
	return false
}

func parseTorch(data []byte) (*Preprocessor, error) {
	var c torchConfig
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	if c.Size == nil {
		return nil, errors.New(`"size" is missing`)
	}
	if err := checkSides("size", c.Size[:]...); err != nil {
		return nil, err
	}
	if c.Mode != "" && c.Mode != "RGB" {
		return nil, fmt.Errorf(`"mode" is %q, which is not supported`, c.Mode)
	}
	p := &Preprocessor{height: c.Size[0], width: c.Size[1]}
	var err error
	if p.resize, err = c.resize(); err != nil {
		return nil, err
	}
	p.place = torchPlaced
	if p.resize.kind == toLongestRatio {
		if p.fill, err = samples("fill_color", c.Fill); err != nil {
			return nil, err
		}
	}
	p.values, err = c.values()
	return p, err
}

// resize follows open_clip's image_transform, whose defaults are bicubic and shortest.
func (c *torchConfig) resize() (*resizing, error) {
	r := &resizing{filter: Bicubic, height: c.Size[0], width: c.Size[1]}
	switch c.Interpolation {
	case "bicubic", "random", "": // random is of training only
	case "bilinear":
		r.filter = Bilinear
	default:
		return nil, fmt.Errorf(`"interpolation" is %q, which is not supported`, c.Interpolation)
	}
	switch c.ResizeMode {
	case "shortest", "":
		r.kind = toShortest
		if r.height != r.width {
			// Its ResizeKeepRatio is made without the interpolation there.
			r.kind, r.filter = toShortestRatio, Bicubic
		}
	case "longest":
		r.kind = toLongestRatio
	case "squash":
		r.kind = toExact
	default:
		return nil, fmt.Errorf(`"resize_mode" is %q, which is not supported`, c.ResizeMode)
	}
	return r, nil
}

// values are torchvision's: everything in float32, where the Hugging Face processors rescale in float64.
func (c *torchConfig) values() (*valueTable, error) {
	mean, std := clipNorm()
	mean, std = orElse(c.Mean, mean), orElse(c.Std, std)
	return newValueTable(func(channel int, sample float32) float32 {
		return float32(sample/255-float32(mean[channel])) / float32(std[channel])
	})
}

// torchPlaced is torchvision's center_crop: what is missing is filled, the odd sample behind the picture; what is too
// much is cut off, where half a sample is rounded to the even neighbour.
func torchPlaced(have, want int) span {
	if have <= want {
		return padded(have, want)
	}
	return span{from: roundHalf(have - want), count: want}
}

// roundHalf is Python's round(n / 2).
func roundHalf(n int) int {
	half := n / 2
	if n%2 == 1 && half%2 == 1 {
		half++
	}
	return half
}
