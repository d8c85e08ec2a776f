package picture

import (
	"errors"
	"strings"
)

// class is what a Hugging Face image processor does where its configuration is silent. Nil fields have no default.
type class struct {
	number     resizeKind // what "size": 224 means in older files
	size       *size
	resample   Filter
	centerCrop bool
	cropSize   *size
	mean, std  perChannel
	cropPct    bool // resized larger by crop_pct and then cropped, as ConvNext does
}

// clipNorm is OPENAI_CLIP_MEAN and OPENAI_CLIP_STD.
func clipNorm() (mean, std perChannel) {
	return perChannel{0.48145466, 0.4578275, 0.40821073}, perChannel{0.26862954, 0.26130258, 0.27577711}
}

// classOf returns the defaults of a processor. Only classes that do nothing else than this package can do are known;
// the name says whether they were called feature extractors yet, and whether torchvision does the work ("Fast").
func classOf(name string) (class, bool) {
	name = strings.TrimSuffix(name, "Fast")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "ImageProcessor"), "FeatureExtractor")
	square := &size{Height: 224, Width: 224}
	clipMean, clipStd := clipNorm()
	half := perChannel{0.5, 0.5, 0.5} // IMAGENET_STANDARD_MEAN and IMAGENET_STANDARD_STD
	switch name {
	case "CLIP", "Bit":
		return class{number: toShortest, size: &size{ShortestEdge: 224}, resample: Bicubic, centerCrop: true, cropSize: square,
			mean: clipMean, std: clipStd}, true
	case "ChineseCLIP":
		return class{number: toShortest, size: square, resample: Bicubic, centerCrop: true, cropSize: square,
			mean: clipMean, std: clipStd}, true
	case "Siglip":
		return class{number: toExact, size: square, resample: Bicubic, mean: half, std: half}, true
	case "ViT":
		return class{number: toExact, size: square, resample: Bilinear, mean: half, std: half}, true
	case "DeiT":
		return class{number: toExact, size: &size{Height: 256, Width: 256}, resample: Bicubic, centerCrop: true, cropSize: square,
			mean: half, std: half}, true
	case "ConvNext":
		return class{number: toShortest, size: &size{ShortestEdge: 384}, resample: Bilinear, mean: half, std: half,
			cropPct: true}, true
	}
	return class{}, false
}

// complete fills in what the file leaves to the defaults of its class.
func (c *config) complete() {
	known, ok := classOf(c.class())
	if !ok {
		return
	}
	c.number, c.cropPct = known.number, known.cropPct
	if c.Size == nil {
		c.Size = known.size
	}
	if c.Resample == nil {
		filter := int(known.resample)
		c.Resample = &filter
	}
	if c.DoCenterCrop == nil {
		c.DoCenterCrop = &known.centerCrop
	}
	if c.CropSize == nil {
		c.CropSize = known.cropSize
	}
	if c.Mean == nil {
		c.Mean = &known.mean
	}
	if c.Std == nil {
		c.Std = &known.std
	}
}

// warpedFrom is the edge from which ConvNext's processor squashes pictures instead of cropping them.
const warpedFrom = 384

// convNext is ConvNext's resizing: the shorter edge to size/crop_pct and a square of size from the middle.
func (c *config) convNext(p *Preprocessor) error {
	edge := c.Size.ShortestEdge
	if c.Size.Number > 0 {
		edge = c.Size.Number
	}
	if edge == 0 || p.resize == nil {
		return errors.New(`"crop_pct" without a "size" of one edge`)
	}
	p.height, p.width = edge, edge
	if edge >= warpedFrom {
		*p.resize = resizing{kind: toExact, height: edge, width: edge, filter: p.resize.filter}
		return nil
	}
	pct := 224.0 / 256
	if c.CropPct != nil {
		pct = *c.CropPct
	}
	larger := int(float64(edge) / pct)
	if pct <= 0 || pct > 1 || larger > maxSide {
		return errors.New(`"crop_pct" must be more than 0 and 1 at most`)
	}
	p.resize.width, p.resize.height = larger, larger
	p.place = cropped
	return nil
}
