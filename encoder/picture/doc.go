// Package picture turns bytes that strangers send into pixels and into the input tensor of a vision model, with the same
// values that Python's Pillow and the Hugging Face image processors give.
//
//	p, err := picture.ParsePreprocessor(preprocessorConfig)     // once a model
//	c, h, w := p.Shape()
//	tensor := make([]float32, c*h*w)
//	header, err := p.Preprocess(data, picture.DefaultLimits(), tensor)  // bytes → normalised CHW floats
//
// [Decode] gives the upright RGB pixels alone, [Thumbnail] a small JPEG, and [Sniff] the header without touching a pixel.
// JPEG, PNG, GIF, WebP, BMP and TIFF are decoded, the first frame of animated ones. What was measured against Pillow, and
// where the two differ on purpose, is in docs/adr/0002-picture-decoding.md.
package picture
