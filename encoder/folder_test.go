package encoder

import (
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"pinax/encoder/onnx"
	"pinax/engine"
)

// architectureFiles are the files of a folder of testdata that a test may change.
func architectureFiles(tb testing.TB, name string) fstest.MapFS {
	tb.Helper()
	files := fstest.MapFS{}
	folder := os.DirFS(filepath.Join(architectures, name))
	require.NoError(tb, fs.WalkDir(folder, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, file)
		files[file] = &fstest.MapFile{Data: data}
		return err
	}))
	return files
}

func TestOpenArchitectureDamaged(t *testing.T) {
	openBundled(t, Options{}) // skips without a library
	replace := func(file, from, to string) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			data := strings.ReplaceAll(string(f[file].Data), from, to)
			if data == string(f[file].Data) {
				panic(from + " is not in " + file)
			}
			f[file] = &fstest.MapFile{Data: []byte(data)}
		}
	}
	remove := func(file string) func(fstest.MapFS) {
		return func(f fstest.MapFS) { delete(f, file) }
	}
	const vision, text = "onnx/image_encoder.onnx", "onnx/text_encoder.onnx"
	for _, c := range []struct {
		name, folder string
		damage       func(f fstest.MapFS)
		says         []string
	}{
		{"no vision tower", "hybrid", remove(vision), []string{"onnx/vision_model.onnx", "missing"}},
		{"no text tower", "hybrid", remove(text), []string{"onnx/text_model.onnx", "missing"}},
		{"no projections", "hybrid", remove(weightsFile), []string{"dimension 48", "of 32"}},
		{"a projection for one tower", "hybrid", replace(weightsFile, "visual_projection", "virtual_projection"), []string{"48", "24"}},
		{"a projection of another width", "hybrid", func(f fstest.MapFS) {
			swap := strings.NewReplacer("text_projection", "visual_projection", "visual_projection", "text_projection")
			f[weightsFile].Data = renamed(f[weightsFile].Data, swap)
		}, []string{vision, "48 numbers", "takes 32"}},
		{"projections cut short", "hybrid", func(f fstest.MapFS) { f[weightsFile].Data = f[weightsFile].Data[:900] }, []string{weightsFile}},
		{"an input that is not known", "hybrid", replace(text, "token_type_ids", "token_kind_ids"), []string{text, `"token_kind_ids"`}},
		{"a pooling that is none", "hybrid", func(f fstest.MapFS) {
			f[cardFile] = &fstest.MapFile{Data: []byte("text: {pooling: most}")}
		}, []string{cardFile, `"most"`}},
		{"another dimension", "hybrid", replace(configFile, `"projection_dim": 24`, `"projection_dim": 25`), []string{"25", "24"}},
		{"pictures of another size", "hybrid", replace(preprocessorFile, `"size": 56`, `"size": 64`), []string{vision, "[3 64 64]"}},
		{"a class of processor that crops otherwise", "hybrid", replace(preprocessorFile, "ConvNextFeatureExtractor", "EfficientNetProcessor"),
			[]string{preprocessorFile, "crop_pct"}},
		{"a checksum that differs", "hybrid", func(f fstest.MapFS) {
			f[cardFile] = &fstest.MapFile{Data: []byte("checksums: {model.safetensors: " + strings.Repeat("0", 64) + "}")}
		}, []string{weightsFile, "SHA-256"}},
		{"an output without a name for it", "chinese-clip", func(f fstest.MapFS) {
			delete(f, "onnx/text_model_fp16.onnx")
			delete(f, "onnx/text_model_uint8.onnx")
			f["onnx/text_model.onnx"] = architectureFiles(t, "siglip")["onnx/vision_model.onnx"]
		}, []string{"onnx/text_model.onnx"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := architectureFiles(t, c.folder)
			c.damage(files)
			e, err := Open(files, Options{})
			if err == nil {
				e.Close()
			}
			requireCode(t, engine.CodeDamaged, err)
			for _, says := range c.says {
				require.Contains(t, asError(t, err).Detail, says)
			}
			require.NotEmpty(t, asError(t, err).Hint)
		})
	}
}

// renamed returns a safetensors file with a changed header.
func renamed(file []byte, names *strings.Replacer) []byte {
	n := binary.LittleEndian.Uint64(file)
	header := names.Replace(string(file[8 : 8+n]))
	changed := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(changed, header...), file[8+n:]...)
}

func TestFingerprintCoversLayersOutsideOfTheGraphs(t *testing.T) {
	files := architectureFiles(t, "hybrid")
	before, err := readFolder(files, AnyPrecision)
	require.NoError(t, err)
	files[weightsFile].Data[len(files[weightsFile].Data)-1] ^= 1
	after, err := readFolder(files, AnyPrecision)
	require.NoError(t, err)
	require.NotEqual(t, before.fingerprint, after.fingerprint)
	require.Contains(t, after.unverified, weightsFile)
}

// TestWeightsBesideAWholeExport has projections both in the graphs and in the file of all weights, as hubs do.
func TestWeightsBesideAWholeExport(t *testing.T) {
	files := architectureFiles(t, "clip-vit")
	plain, err := readFolder(files, AnyPrecision)
	require.NoError(t, err)
	files[weightsFile] = architectureFiles(t, "hybrid")[weightsFile]
	f, err := readFolder(files, AnyPrecision)
	require.NoError(t, err)
	require.NotNil(t, f.outside.vision)
	require.Nil(t, f.vision.project)
	require.Nil(t, f.text.project)
	require.Equal(t, plain.fingerprint, f.fingerprint, "they have no part in vectors")
	scale, _ := f.logit()
	require.InDelta(t, 20.09, scale, 0.01, "the learned one")
}

func TestPreprocessorOfTransformers5(t *testing.T) {
	files := architectureFiles(t, "hybrid")
	plain := files[preprocessorFile].Data
	delete(files, preprocessorFile)
	files[processorFile] = &fstest.MapFile{Data: []byte(`{"processor_class":"XProcessor"}`)}
	_, err := readFolder(files, AnyPrecision)
	require.ErrorContains(t, err, preprocessorFile+" is missing")

	files[processorFile] = &fstest.MapFile{Data: []byte(`{"image_processor":` + string(plain) + `}`)}
	f, err := readFolder(files, AnyPrecision)
	require.NoError(t, err)
	_, height, width := f.preprocessor.Shape()
	require.Equal(t, [2]int{56, 56}, [2]int{height, width})
}

func TestPositionsThatAreNotSaid(t *testing.T) {
	for _, c := range []struct {
		config string
		want   int
	}{
		{`{"model_type":"clip","text_config":{"max_position_embeddings":24}}`, 24},
		{`{"model_type":"clip"}`, 77},
		{`{"model_type":"siglip","text_config":{"model_type":"siglip_text_model"}}`, 64},
		{`{"text_cfg":{"context_length":32}}`, 32},
		{`{"model_type":"other","text_config":{"model_type":"xlm-roberta","max_position_embeddings":514}}`, 512},
		{`{"model_type":"other"}`, 0},
	} {
		t.Run(c.config, func(t *testing.T) {
			var m modelConfig
			require.NoError(t, json.Unmarshal([]byte(c.config), &m))
			m.settle()
			require.Equal(t, c.want, m.Text.MaxPositions)
		})
	}
}

// TestSentenceTransformers lays M-CLIP out as sentence-transformers does: pooling and a dense layer in folders of their own.
func TestSentenceTransformers(t *testing.T) {
	want := openArchitecture(t, "m-clip", Options{})
	lay := func(activation, pooling string) fstest.MapFS {
		files := architectureFiles(t, "m-clip")
		files[denseFolder+"/"+weightsFile] = &fstest.MapFile{
			Data: renamed(files[weightsFile].Data, strings.NewReplacer("LinearTransformation", "linear"))}
		delete(files, weightsFile)
		files[denseFolder+"/config.json"] = &fstest.MapFile{Data: []byte(`{"activation_function":"torch.nn.modules.` + activation + `"}`)}
		files[poolingFile] = &fstest.MapFile{Data: []byte(pooling)}
		files[configFile] = &fstest.MapFile{Data: []byte(`{"model_type":"xlm-roberta"}`)}
		return files
	}
	const mean = `{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":false}`
	open := func(t *testing.T, files fstest.MapFS) *Encoder {
		e, err := Open(files, Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		return e
	}
	vector := func(t *testing.T, e *Encoder) []float32 {
		vectors, err := e.EncodeTexts(t.Context(), []string{"robe rouge pour l'été"})
		require.NoError(t, err)
		return vectors[0]
	}
	t.Run("an unknown activation", func(t *testing.T) {
		_, err := Open(lay("activation.GELU", mean), Options{})
		requireCode(t, engine.CodeDamaged, err)
		require.Contains(t, asError(t, err).Detail, "GELU")
	})
	t.Run("two poolings", func(t *testing.T) {
		_, err := Open(lay("linear.Identity", `{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true}`), Options{})
		requireCode(t, engine.CodeDamaged, err)
		require.Contains(t, asError(t, err).Detail, poolingFile)
	})
	t.Run("linear", func(t *testing.T) {
		require.InDelta(t, 1, cosine(vector(t, want), vector(t, open(t, lay("linear.Identity", mean)))), 1e-6)
	})
	t.Run("tanh", func(t *testing.T) {
		require.Less(t, cosine(vector(t, want), vector(t, open(t, lay("activation.Tanh", mean)))), 0.9999)
	})
	t.Run("another pooling", func(t *testing.T) {
		first := open(t, lay("linear.Identity", `{"pooling_mode_cls_token":true}`))
		require.Less(t, cosine(vector(t, want), vector(t, first)), 0.99)
	})
}

// TestGraphFromDisk has the library read a graph and its weights by itself, as it must when they are too large for one message.
func TestGraphFromDisk(t *testing.T) {
	want, r := openArchitecture(t, "m-clip", Options{}), readReference(t, "m-clip")
	f, err := readFolder(Dir(filepath.Join(architectures, "m-clip")), AnyPrecision)
	require.NoError(t, err)
	f.text.data, f.text.disk = nil, filepath.Join(architectures, "m-clip", f.text.path)
	rt, err := onnx.Start(onnx.Library{Path: os.Getenv("PINAX_RUNTIME_LIBRARY")})
	require.NoError(t, err)
	x, err := openText(loader{runtime: rt}, f, engine.Unobserved{})
	require.NoError(t, err)
	defer func() { require.NoError(t, x.session.Close()) }()
	ids := [][]int64{r.Texts[0].IDs}
	got, err := x.runRows(ids, len(ids[0]))
	require.NoError(t, err)
	expected, err := want.text.runRows(ids, len(ids[0]))
	require.NoError(t, err)
	require.Equal(t, expected, got)
}

func TestVariants(t *testing.T) {
	for _, c := range []struct {
		file      string
		role      role
		precision Precision
	}{
		{"onnx/vision_model.onnx", visionRole, F32},
		{"onnx/text_model_fp16.onnx", textRole, F16},
		{"onnx/vision_model_quantized.onnx", visionRole, Int8},
		{"onnx/vision_model_uint8.onnx", visionRole, Int8},
		{"onnx/text_model_q4f16.onnx", textRole, fewerBits},
		{"onnx/model.onnx", bothRoles, F32},
		{"onnx/model_O4.onnx", bothRoles, F16},
		{"onnx/model_qint8_avx512_vnni.onnx", bothRoles, Int8},
		{"visual.onnx", visionRole, F32},
		{"textual.onnx", textRole, F32},
		{"visual/model.onnx", visionRole, F32},
		{"textual/model_fp16.onnx", textRole, F16},
		{"image_encoder.onnx", visionRole, F32},
		{"text_encoder.int8.onnx", textRole, Int8},
	} {
		t.Run(c.file, func(t *testing.T) {
			v, ok := variantOf(c.file)
			require.True(t, ok)
			require.Equal(t, [2]any{c.role, c.precision}, [2]any{v.role, v.precision})
		})
	}
	for _, other := range []string{"onnx/decoder_model.onnx", "onnx/models.onnx", "visuals.onnx"} {
		_, ok := variantOf(other)
		require.False(t, ok, other)
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name         string
		files        string
		precision    Precision
		vision, text string
		says         string // of the error
	}{
		{name: "the most precise", files: "onnx/vision_model.onnx onnx/vision_model_fp16.onnx onnx/text_model.onnx onnx/text_model_fp16.onnx",
			vision: "onnx/vision_model.onnx", text: "onnx/text_model.onnx"},
		{name: "the one that is asked for", files: "onnx/vision_model.onnx onnx/vision_model_fp16.onnx onnx/text_model.onnx onnx/text_model_fp16.onnx",
			precision: F16, vision: "onnx/vision_model_fp16.onnx", text: "onnx/text_model_fp16.onnx"},
		{name: "of many 8-bit files the one without signs", files: "onnx/vision_model_int8.onnx onnx/vision_model_quantized.onnx " +
			"onnx/vision_model_uint8.onnx onnx/text_model_quantized.onnx", precision: Int8,
			vision: "onnx/vision_model_uint8.onnx", text: "onnx/text_model_quantized.onnx"},
		{name: "towers before both in one", files: "onnx/model.onnx onnx/vision_model.onnx onnx/text_model.onnx",
			vision: "onnx/vision_model.onnx", text: "onnx/text_model.onnx"},
		{name: "both in one where towers lack the precision", files: "onnx/model_fp16.onnx onnx/vision_model.onnx onnx/text_model.onnx",
			precision: F16, vision: "onnx/model_fp16.onnx", text: "onnx/model_fp16.onnx"},
		{name: "onnx before the folder itself", files: "model.onnx onnx/model.onnx", vision: "onnx/model.onnx", text: "onnx/model.onnx"},
		{name: "four bits when there is nothing else", files: "onnx/model_q4.onnx", vision: "onnx/model_q4.onnx", text: "onnx/model_q4.onnx"},
		{name: "two of four bits", files: "onnx/model_q4.onnx onnx/model_bnb4.onnx", says: "missing"},
		{name: "a precision that is not there", files: "onnx/vision_model.onnx onnx/text_model.onnx", precision: Int8, says: "precision int8"},
		{name: "half a model", files: "onnx/vision_model.onnx", says: "onnx/text_model.onnx is missing"},
		{name: "nothing", says: "onnx/vision_model.onnx is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for file := range strings.FieldsSeq(c.files) {
				files[file] = &fstest.MapFile{}
			}
			vision, text, err := choose(files, c.precision)
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, [2]string{c.vision, c.text}, [2]string{vision.path, text.path})
		})
	}
}

// tensorsFile makes a safetensors file of a header and data.
func tensorsFile(header string, data ...byte) fstest.MapFS {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return fstest.MapFS{weightsFile: {Data: append(append(file, header...), data...)}}
}

func TestSafetensorsRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		files fstest.MapFS
	}{
		{"empty", fstest.MapFS{weightsFile: {}}},
		{"a header beyond the file", fstest.MapFS{weightsFile: {Data: []byte("\xff\x00\x00\x00\x00\x00\x00\x00{}")}}},
		{"a header of exabytes", fstest.MapFS{weightsFile: {Data: []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}")}}},
		{"a header that is no JSON", tensorsFile("{")},
		{"integers", tensorsFile(`{"w":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)...)},
		{"data beyond the file", tensorsFile(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 1, 2, 3, 4)},
		{"backwards", tensorsFile(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 1, 2, 3, 4)},
		{"a shape of another size", tensorsFile(`{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}`, 1, 2, 3, 4)},
		{"a negative shape", tensorsFile(`{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 1, 2, 3, 4)},
		{"a huge shape", tensorsFile(`{"w":{"dtype":"F32","shape":[16777216,16777216,16777216],"data_offsets":[0,4]}}`, 1, 2, 3, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := openSafetensors(c.files, weightsFile)
			if err == nil {
				defer s.close()
				_, err = s.read("w")
			}
			require.Error(t, err)
		})
	}
}

func TestSafetensorsWidens(t *testing.T) {
	for _, c := range []struct {
		kind string
		data []byte
		want []float32
	}{
		{"F32", []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}, []float32{1, -2}},
		{"BF16", []byte{0x80, 0x3f, 0, 0xc0}, []float32{1, -2}},
		{"F16", []byte{0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b}, []float32{1, -2, 1.0 / (1 << 24), 65504}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			header := `{"__metadata__":{"format":"pt"},"w":{"dtype":"` + c.kind + `","shape":[` + string('0'+rune(len(c.want))) +
				`],"data_offsets":[0,` + string('0'+rune(len(c.data))) + `]}}`
			s, err := openSafetensors(tensorsFile(header, c.data...), weightsFile)
			require.NoError(t, err)
			defer s.close()
			f, err := s.read("w")
			require.NoError(t, err)
			require.Equal(t, c.want, f.values)
			none, err := s.read("absent")
			require.NoError(t, err)
			require.Nil(t, none)
		})
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(tensorsFile(`{"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}`, 1, 2, 3, 4)[weightsFile].Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := openSafetensors(fstest.MapFS{weightsFile: {Data: data}}, weightsFile)
		if err != nil {
			return
		}
		defer s.close()
		for name := range s.header {
			if tensor, err := s.read(name); err == nil {
				require.LessOrEqual(t, len(tensor.values), len(data))
			}
		}
	})
}

func TestPooling(t *testing.T) {
	states := []float32{1, 2, 3, 4, 5, 6} // three tokens of two numbers; the last one is padding
	for _, c := range []struct {
		pooling pooling
		want    []float32
	}{
		{firstPooling, []float32{1, 2}}, {meanPooling, []float32{2, 3}}, {lastPooling, []float32{5, 6}}, {eosPooling, []float32{3, 4}},
	} {
		t.Run(string(c.pooling), func(t *testing.T) {
			got := make([]float32, 2)
			c.pooling.apply(states, 2, 2, got)
			require.Equal(t, c.want, got)
		})
	}
	got := make([]float32, 2)
	spatialMean([]float32{1, 2, 3, 10, 20, 30}, 3, got)
	require.Equal(t, []float32{2, 20}, got)
}
