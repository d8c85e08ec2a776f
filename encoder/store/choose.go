package store

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"pinax/encoder/hub"
	"pinax/engine"
)

// Precision is that of a model's weights.
type Precision string

// The precisions.
const (
	Auto Precision = "auto" // the best for this machine of those that there are
	F32  Precision = "f32"
	F16  Precision = "f16"
	Int8 Precision = "int8"
)

// Choice is what is taken of a repository or a folder.
type Choice struct {
	Files     []hub.File
	Precision Precision
	Why       string // this precision and no other
}

// Wanted is what somebody wants of a repository or a folder.
type Wanted struct {
	Precision Precision // "": Auto
	Machine   Machine   // that the model will run on
	// Weights takes model.safetensors along, for exports whose graphs end before the projection into the common space.
	Weights bool
}

// weightsFile has all weights of a model as it was trained.
const weightsFile = "model.safetensors"

// Choose picks the files of a model: the ONNX graphs of both towers, or of one graph with both, in one precision and with
// their external data; configuration, tokenizer, licence. Weights of other frameworks and other precisions stay where they
// are. CodeUnprocessable when something that no model lacks is missing, with what there is as a hint.
func Choose(files []hub.File, w Wanted) (Choice, error) {
	order := []Precision{w.Precision}
	switch w.Precision {
	case Auto, "":
		order = []Precision{F32, F16, Int8}
	case F32, F16, Int8:
	default:
		return Choice{}, engine.Errorf(engine.CodeInvalid, "%q is none of the precisions auto, f32, f16 and int8", w.Precision)
	}
	paths := make(map[string]bool, len(files))
	for _, f := range files {
		paths[f.Path] = true
	}
	var available []Precision
	graphs := map[Precision][]string{}
	for _, p := range []Precision{F32, F16, Int8} {
		if found := findGraphs(paths, p, w.Machine); found != nil {
			graphs[p], available = found, append(available, p)
		}
	}
	at := slices.IndexFunc(order, func(p Precision) bool { return graphs[p] != nil })
	if at < 0 {
		return Choice{}, noGraphs(files, w.Precision, available)
	}
	c := Choice{Precision: order[at], Why: why(order[at], w, available)}
	for _, f := range files {
		isGraph := slices.ContainsFunc(graphs[c.Precision], func(graph string) bool { return belongsTo(f.Path, graph) })
		if isGraph || isSide(f.Path) || w.Weights && f.Path == weightsFile {
			c.Files = append(c.Files, f)
		}
	}
	return c, c.checkSides()
}

// suffixes are how exporters mark precisions in the names of files, most wanted first.
func suffixes(p Precision, m Machine) []string {
	names := []string{"quantized", "q8", "int8", "qint8", "uint8", "quint8"}
	switch {
	case p == F32:
		names = []string{"", "fp32", "f32"}
	case p == F16:
		names = []string{"fp16", "f16", "float16"}
	case m.Saturates:
		names = []string{"uint8", "quint8", "quantized", "q8", "int8", "qint8"}
	}
	var all []string
	for _, name := range names {
		if name == "" {
			all = append(all, "")
			continue
		}
		for _, separator := range []string{"_", "-", "."} {
			all = append(all, separator+name)
		}
	}
	return all
}

// layout is where an exporter puts a graph, and what it may call it; the ending for the precision comes behind.
type layout struct {
	folder string
	stems  []string
}

// layouts are those of vision towers and of text towers, in pairs, and of graphs with both.
func layouts() (vision, text, both []layout) {
	for _, folder := range []string{"onnx", ""} {
		vision = append(vision, layout{folder, []string{"vision_model", "vision_encoder", "visual_model", "visual_encoder", "image_model",
			"image_encoder", "visual"}})
		text = append(text, layout{folder, []string{"text_model", "text_encoder", "textual_model", "textual", "text"}})
		both = append(both, layout{folder, []string{"model"}})
	}
	return append(vision, layout{"visual", []string{"model"}}), append(text, layout{"textual", []string{"model"}}), both
}

// find returns the first graph of a layout that is there, "" if none is.
func (l layout) find(paths map[string]bool, suffix string) string {
	for _, stem := range l.stems {
		if file := path.Join(l.folder, stem+suffix+".onnx"); paths[file] {
			return file
		}
	}
	return ""
}

// findGraphs returns the paths of the graphs in a precision: of the vision and the text tower where there are both, else of
// one with both. nil: there are none.
func findGraphs(paths map[string]bool, p Precision, m Machine) []string {
	vision, text, both := layouts()
	for _, suffix := range suffixes(p, m) {
		for i := range vision {
			v, t := vision[i].find(paths, suffix), text[i].find(paths, suffix)
			if v != "" && t != "" {
				return []string{v, t}
			}
		}
	}
	for _, suffix := range suffixes(p, m) {
		for _, l := range both {
			if file := l.find(paths, suffix); file != "" {
				return []string{file}
			}
		}
	}
	return nil
}

// belongsTo tells a graph and the files with its weights, where it is too large to hold them: model.onnx_data,
// model.onnx_data_1, model.onnx.data.
func belongsTo(file, graph string) bool {
	rest, ok := strings.CutPrefix(file, graph)
	return ok && (rest == "" || rest == ".data" || strings.HasPrefix(rest, "_data"))
}

// The files beside the graphs. Exports with a folder a tower have the tokenizer in that of the text tower; those of
// sentence-transformers say in folders with numbers how to pool and what comes behind.
var (
	sides = regexp.MustCompile(`^(config|preprocessor_config|processor_config|open_clip_config|modules|sentence_bert_config)\.json$` +
		`|^visual/preprocess_cfg\.json$|^1_Pooling/config\.json$|^2_Dense/(config\.json|model\.safetensors)$` +
		`|^(textual/)?(tokenizer_config|tokenizer|special_tokens_map|added_tokens|vocab)\.json$|^(textual/)?(vocab|merges)\.txt$` +
		`|^(textual/)?[A-Za-z0-9_.-]{1,64}\.(spm|model)$` +
		`|^pinax\.yaml$|^(LICEN[CS]E|NOTICE|README)(\.md|\.txt)?$`)
	configs       = regexp.MustCompile(`^(config|open_clip_config)\.json$`)
	preprocessors = regexp.MustCompile(`^(preprocessor_config|processor_config|open_clip_config|visual/preprocess_cfg)\.json$`)
	tokenizers    = regexp.MustCompile(`^(textual/)?(tokenizer\.json|vocab\.json|vocab\.txt|[^/]*\.(spm|model))$`)
)

func isSide(file string) bool { return sides.MatchString(file) }

// checkSides finds out before gigabytes come that a model would not open.
func (c Choice) checkSides() error {
	for _, need := range []struct {
		what string
		is   *regexp.Regexp
	}{{"config.json", configs}, {"preprocessor_config.json", preprocessors}, {"tokenizer.json", tokenizers}} {
		if !slices.ContainsFunc(c.Files, func(f hub.File) bool { return need.is.MatchString(f.Path) }) {
			return engine.Errorf(engine.CodeUnprocessable, "there is no %s, nor anything that could stand for it", need.what)
		}
	}
	return nil
}

func noGraphs(files []hub.File, want Precision, available []Precision) error {
	if len(available) > 0 {
		return engine.Errorf(engine.CodeUnprocessable, "there is no ONNX model in %s", want).
			WithHint(fmt.Sprintf("there is one in %s", list(available)))
	}
	err := engine.Errorf(engine.CodeUnprocessable, "there is no ONNX model: neither vision_model and text_model nor model, .onnx")
	for _, f := range files {
		if e := path.Ext(f.Path); slices.Contains([]string{".safetensors", ".bin", ".pt", ".h5", ".msgpack"}, e) {
			return err.WithHint("there are weights for another framework; export them to ONNX and use `pinax models import`, " +
				"or see in `pinax models list` who has done so")
		}
	}
	return err
}

func list(all []Precision) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}

// why explains a precision. The figures are in docs/adr/0003-onnx-runtime-embedding.md's terms: measured on ViT-B/32.
func why(p Precision, w Wanted, available []Precision) string {
	want, m := w.Precision, w.Machine
	switch {
	case p == F32 && m.GPU && slices.Contains(available, F16):
		return "the reference's own numbers; on the GPU of this machine --precision f16 takes half the memory and most often less time"
	case p != want && p == F16 && m.GPU:
		return "there is no f32, and a GPU computes f16 as such"
	case p != want && p == F16:
		return "there is no f32; a CPU computes f16 in f32, so it takes less room on disk and nothing else"
	case p != want && p == Int8:
		return "there is nothing finer"
	case p == F32 && !slices.Contains(available, Int8):
		return "the reference's own numbers"
	case p == F32 && m.DotInt8:
		return "the reference's own numbers; this CPU multiplies 8-bit numbers at once, so --precision int8 would be faster, at a loss " +
			"that differs from model to model and should be measured with `pinax eval`"
	case p == F32 && m.Saturates:
		return "the reference's own numbers; this CPU has AVX2 without VNNI, where int8 gains little and signed weights saturate"
	case p == F32:
		return "the reference's own numbers"
	case p == Int8 && m.Saturates:
		return "as asked for; of its kinds the one with unsigned weights if there is one, since this CPU (AVX2 without VNNI) saturates signed ones"
	}
	return "as asked for"
}
