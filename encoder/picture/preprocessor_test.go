package picture

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePreprocessorRefuses(t *testing.T) {
	for _, c := range []struct{ name, config, detail string }{
		{"no JSON", `size: 224`, "invalid character"},
		{"a list", `[]`, "cannot unmarshal"},
		{"nothing", `{}`, `"do_resize" without "size"`},
		{"no filter", `{"size":{"height":8,"width":8}}`, `without "resample"`},
		{"an unknown filter", `{"size":{"height":8,"width":8},"resample":6}`, "filters are 0 to 5"},
		{"a size of zero", `{"size":{"height":0,"width":8},"resample":3}`, "must be 1 to"},
		{"a huge size", `{"size":{"height":8,"width":100000},"resample":3}`, "must be 1 to"},
		{"a negative crop", `{"do_resize":false,"do_center_crop":true,"crop_size":-1}`, "must be 1 to"},
		{"edges and sides", `{"size":{"height":8,"width":8,"shortest_edge":8},"resample":3}`, "mixes"},
		{"two edges", `{"size":{"shortest_edge":8,"longest_edge":9},"resample":3}`, "mixes"},
		{"an ambiguous number", `{"size":8,"resample":3}`, "bare number"},
		{"a varying size", `{"size":{"shortest_edge":8},"resample":3}`, "vary"},
		{"no resizing at all", `{"do_resize":false}`, "vary"},
		{"cropping unsaid", `{"size":{"shortest_edge":8},"resample":3,"crop_size":8}`, `without "do_center_crop"`},
		{"cropping without a size", `{"do_resize":false,"do_center_crop":true}`, `"crop_size" is missing`},
		{"cropping by an edge", `{"do_resize":false,"do_center_crop":true,"crop_size":{"shortest_edge":8}}`, "needs height and width"},
		{"cropping and padding", `{"do_resize":false,"do_center_crop":true,"crop_size":8,"do_pad":true,"pad_size":8}`, "together"},
		{"padding without a size", `{"size":{"longest_edge":8},"resample":3,"do_pad":true}`, `"pad_size" is missing`},
		{"padding too little", `{"size":{"longest_edge":9},"resample":3,"do_pad":true,"pad_size":8}`, "smaller"},
		{"padding after the shortest edge", `{"size":{"shortest_edge":8},"resample":3,"do_pad":true,"pad_size":8}`, "smaller"},
		{"half a grey", `{"size":{"longest_edge":8},"resample":3,"do_pad":true,"pad_size":8,"pad_value":0.5}`, "whole number"},
		{"padding of an unknown class", `{"image_processor_type":"XImageProcessor","size":{"height":8,"width":8},"resample":3,
			"do_pad":true,"pad_size":8}`, "XImageProcessor"},
		{"the longest edge of an unknown class", `{"image_processor_type":"XImageProcessor","size":{"longest_edge":8},"resample":3}`,
			"XImageProcessor"},
		{"no mean", `{"size":{"height":8,"width":8},"resample":3}`, `"image_mean"`},
		{"two colours", `{"size":{"height":8,"width":8},"resample":3,"image_mean":[0,0],"image_std":1}`, "2 numbers"},
		{"division by zero", `{"size":{"height":8,"width":8},"resample":3,"image_mean":0,"image_std":[1,0,1]}`, "finite"},
		{"another processor's setting", `{"size":{"height":8,"width":8},"resample":3,"crop_pct":0.9}`, `"crop_pct" is 0.9`},
		{"a share of nothing", `{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":8},"crop_pct":0}`, `"crop_pct"`},
		{"a share that gives a huge picture", `{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":200},
			"crop_pct":0.001}`, `"crop_pct"`},
		{"a share of two sides", `{"image_processor_type":"ConvNextImageProcessor","size":{"height":8,"width":8}}`, "one edge"},
		{"patches of any number", `{"image_processor_type":"Siglip2ImageProcessor","patch_size":16,"max_num_patches":256,
			"size":{"height":8,"width":8},"resample":2}`, "max_num_patches"},
		{"open_clip without a size", `{"resize_mode":"squash"}`, `"size" is missing`},
		{"open_clip with three sizes", `{"resize_mode":"squash","size":[1,2,3]}`, "3 numbers"},
		{"open_clip with a size of zero", `{"resize_mode":"squash","size":[8,0]}`, "must be 1 to"},
		{"open_clip with an unknown mode", `{"resize_mode":"widest","size":8}`, "widest"},
		{"open_clip with another filter", `{"interpolation":"lanczos","size":8}`, "lanczos"},
		{"open_clip in grey", `{"interpolation":"bicubic","mode":"L","size":8}`, `"mode" is "L"`},
		{"open_clip with half a grey", `{"resize_mode":"longest","size":8,"fill_color":0.5}`, "whole number"},
		{"open_clip that divides by zero", `{"size":8,"std":[0,1,1]}`, "finite"},
		{"swapped colours", `{"size":{"height":8,"width":8},"resample":3,"do_flip_channel_order":true}`, "do_flip_channel_order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePreprocessor([]byte(c.config))
			require.ErrorContains(t, err, c.detail)
		})
	}
}

func TestParsePreprocessorAccepts(t *testing.T) {
	const norm = `"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5]`
	for _, c := range []struct {
		name, config  string
		height, width int
	}{
		{"the bundled model", pinaxConfig, 80, 80},
		{"CLIP", clipConfig, 224, 224},
		{"CLIP as first published", `{"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,
			"feature_extractor_type":"CLIPFeatureExtractor","resample":3,"size":224,` + norm + `}`, 224, 224},
		{"SigLIP", `{"do_convert_rgb":null,"do_normalize":true,"do_rescale":true,"do_resize":true,
			"image_processor_type":"SiglipImageProcessor","processor_class":"SiglipProcessor","resample":3,
			"rescale_factor":0.00392156862745098,"size":{"height":256,"width":224},` + norm + `}`, 256, 224},
		{"ViT with a number", `{"feature_extractor_type":"ViTFeatureExtractor","resample":2,"size":224,` + norm + `}`, 224, 224},
		{"CLIP with nothing but its name", `{"image_processor_type":"CLIPImageProcessorFast"}`, 224, 224},
		{"DeiT's crop", `{"feature_extractor_type":"DeiTFeatureExtractor"}`, 224, 224},
		{"a large ConvNext", `{"image_processor_type":"ConvNextImageProcessor"}`, 384, 384},
		{"open_clip", `{"size":[30,40],"mode":"RGB","interpolation":"bilinear","resize_mode":"longest","fill_color":0}`, 30, 40},
		{"jina-clip", `{"image_processor_type":"JinaCLIPImageProcessor","size":512,"mean":0.5,"std":0.5}`, 512, 512},
		{"other processors' settings that are off", `{"size":{"height":8,"width":9},"resample":3,"crop_pct":null,
			"do_flip_channel_order":false,` + norm + `}`, 8, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParsePreprocessor([]byte(c.config))
			require.NoError(t, err)
			channels, height, width := p.Shape()
			require.Equal(t, [3]int{3, c.height, c.width}, [3]int{channels, height, width})
		})
	}
}

func TestTargetRoundsAsPythonDoes(t *testing.T) {
	for _, c := range []struct {
		kind          resizeKind
		edge          int
		w, h          int
		width, height int
	}{
		{toShortest, 224, 640, 480, 298, 224},
		{toShortest, 224, 480, 641, 224, 299}, // 299.13
		{toShortest, 224, 3, 2, 336, 224},
		{toLongest, 80, 168, 224, 60, 80},
		{toLongest, 80, 160, 5, 80, 2}, // 2.5 goes to the even neighbour
		{toLongest, 80, 160, 7, 80, 4}, // and so does 3.5
		{toLongest, 80, 10_000, 1, 80, 1},
		{toLongest, 80, 20, 10, 80, 40},
		{toShortestRatio, 224, 640, 481, 298, 224},
		{toLongestRatio, 80, 160, 5, 80, 2},
		{toLongestRatio, 80, 10_000, 1, 80, 1},
	} {
		t.Run(fmt.Sprintf("kind %d, %d×%d to %d", c.kind, c.w, c.h, c.edge), func(t *testing.T) {
			w, h := (&resizing{kind: c.kind, width: c.edge, height: c.edge}).target(c.w, c.h)
			require.Equal(t, [2]int{c.width, c.height}, [2]int{w, h})
		})
	}
}

func TestPreprocessConcurrently(t *testing.T) {
	g := readGolden(t)
	p, err := ParsePreprocessor([]byte(pinaxConfig))
	require.NoError(t, err)
	want := make([][]float32, len(g.Decode))
	for i, c := range g.Decode {
		want[i] = make([]float32, 3*80*80)
		_, err := p.Preprocess(goldenFile(t, c.Source), DefaultLimits(), want[i])
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			got := make([]float32, 3*80*80)
			for i := range g.Decode {
				i = (i*7 + worker*13) % len(g.Decode)
				if _, err := p.Preprocess(goldenFile(t, g.Decode[i].Source), DefaultLimits(), got); err != nil {
					t.Error(err)
				}
				if farthest(got, want[i]) != 0 {
					t.Errorf("%s differs from the first time", g.Decode[i].Source)
				}
			}
		})
	}
	wg.Wait()
}

func TestTensorOfTheWrongLength(t *testing.T) {
	p, err := ParsePreprocessor([]byte(pinaxConfig))
	require.NoError(t, err)
	require.Panics(t, func() { p.Tensor(&RGB{Width: 1, Height: 1, Pix: make([]uint8, 3)}, make([]float32, 7)) })
}

func TestWeightsSumToOne(t *testing.T) {
	for _, f := range []Filter{Nearest, Lanczos, Bilinear, Bicubic, Box, Hamming} {
		for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {7, 5}, {5, 7}, {1000, 224}, {224, 1000}} {
			w := newWeights(size[0], size[1], 0, size[1], f)
			require.Len(t, w.taps, size[1])
			for _, tp := range w.taps {
				sum := int64(0)
				for _, k := range w.of(tp) {
					sum += int64(k)
				}
				require.InDelta(t, 1<<precision, sum, float64(tp.count), "filter %d, %v", f, size)
				require.GreaterOrEqual(t, tp.first, 0)
				require.LessOrEqual(t, tp.first+tp.count, size[0])
			}
		}
	}
}

func TestWindowIsPartOfTheWhole(t *testing.T) {
	for _, f := range []Filter{Nearest, Bicubic} {
		whole, part := newWeights(100, 37, 0, 37, f), newWeights(100, 37, 11, 20, f)
		for i, tp := range part.taps {
			of := whole.taps[11+i]
			require.Equal(t, of.first, tp.first)
			require.Equal(t, whole.of(of), part.of(tp))
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c weightsCache
	for i := range 200 {
		a := axis{in: 100 + 7*i, out: 224, from: 0, to: 224, filter: Lanczos}
		require.Equal(t, newWeights(a.in, a.out, a.from, a.to, a.filter), c.get(a))
		require.LessOrEqual(t, c.held, maxCachedWeights)
	}
}

func FuzzParsePreprocessor(f *testing.F) {
	for _, config := range []string{
		pinaxConfig, clipConfig, `{"size":[8,9],"resize_mode":"longest","fill_color":[1,2,3]}`, `{"size":8,"std":0}`,
		`{"image_processor_type":"ConvNextImageProcessor","size":8,"crop_pct":0.9}`, `{}`, `{"size":224}`, `{"size":{"height":1,"width":1},"pad_value":[1,2,3]}`,
	} {
		f.Add([]byte(config))
	}
	m := &RGB{Width: 3, Height: 2, Pix: make([]uint8, 18)}
	f.Fuzz(func(t *testing.T, config []byte) {
		p, err := ParsePreprocessor(config)
		if err != nil {
			return
		}
		require.True(t, json.Valid(config))
		channels, height, width := p.Shape()
		require.LessOrEqual(t, max(height, width), maxSide)
		if height*width > 1<<16 {
			return
		}
		dst := make([]float32, channels*height*width)
		p.Tensor(m, dst)
		for _, v := range dst {
			require.False(t, v != v, "NaN")
		}
	})
}
