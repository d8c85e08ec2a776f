package picture

import "testing"

// The bundled model's preprocessing.
const pinaxConfig = `{"size":{"longest_edge":80},"resample":3,"do_pad":true,"pad_size":{"height":80,"width":80},"pad_value":255,
	"image_mean":[0.88,0.88,0.88],"image_std":[0.25,0.25,0.25]}`

const clipConfig = `{"size":{"shortest_edge":224},"resample":3,"do_center_crop":true,"crop_size":{"height":224,"width":224},
	"image_mean":[0.48145466,0.4578275,0.40821073],"image_std":[0.26862954,0.26130258,0.27577711]}`

// BenchmarkTensor80 is a product photo of the catalogue's kind: a 60×80 JPEG of about 2 KB, to the bundled model's input.
func BenchmarkTensor80(b *testing.B) { benchmarkPreprocess(b, "photo_80.jpg", pinaxConfig) }

// BenchmarkTensor1000 is a 750×1000 JPEG to the bundled model's input.
func BenchmarkTensor1000(b *testing.B) { benchmarkPreprocess(b, "photo_1000.jpg", pinaxConfig) }

// BenchmarkTensor1000CLIP is a 750×1000 JPEG to CLIP's 224×224.
func BenchmarkTensor1000CLIP(b *testing.B) { benchmarkPreprocess(b, "photo_1000.jpg", clipConfig) }

func benchmarkPreprocess(b *testing.B, name, config string) {
	p, err := ParsePreprocessor([]byte(config))
	if err != nil {
		b.Fatal(err)
	}
	c, h, w := p.Shape()
	dst := make([]float32, c*h*w)
	data := goldenFile(b, name)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := p.Preprocess(data, DefaultLimits(), dst); err != nil {
			b.Fatal(err)
		}
	}
}
