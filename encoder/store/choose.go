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

// Choose picks the files of a model: the ONNX graphs of both towers, or of one graph with both, in one precision and with
// their external data; configuration, tokenizer, licence. Weights of other frameworks and other precisions stay where they
// are. CodeUnprocessable when something that no model lacks is missing, with what there is as a hint.
func Choose(files []hub.File, want Precision, m Machine) (Choice, error) {
	order := []Precision{want}
	switch want {
	case Auto, "":
		order = []Precision{F32, F16, Int8}
	case F32, F16, Int8:
	default:
		return Choice{}, engine.Errorf(engine.CodeInvalid, "%q is none of the precisions auto, f32, f16 and int8", want)
	}
	byPath := make(map[string]hub.File, len(files))
	for _, f := range files {
		byPath[f.Path] = f
	}
	var available []Precision
	graphs := map[Precision][]string{}
	for _, p := range []Precision{F32, F16, Int8} {
		if found := findGraphs(byPath, p, m); found != nil {
			graphs[p], available = found, append(available, p)
		}
	}
	at := slices.IndexFunc(order, func(p Precision) bool { return graphs[p] != nil })
	if at < 0 {
		return Choice{}, noGraphs(files, want, available)
	}
	c := Choice{Precision: order[at], Why: why(order[at], want, available, m)}
	for _, f := range files {
		if isSide(f.Path) || slices.ContainsFunc(graphs[c.Precision], func(graph string) bool { return belongsTo(f.Path, graph) }) {
			c.Files = append(c.Files, f)
		}
	}
	return c, c.checkSides()
}

// suffixes are how exporters mark precisions in the names of files, most wanted first.
func suffixes(p Precision, m Machine) []string {
	switch {
	case p == F32:
		return []string{"", "_fp32"}
	case p == F16:
		return []string{"_fp16", "_f16"}
	case m.Saturates:
		return []string{"_uint8", "_quantized", "_int8"}
	}
	return []string{"_quantized", "_int8", "_uint8"}
}

// findGraphs returns the paths of the graphs in a precision: of the vision and the text tower where there are both, else of
// one with both. nil: there are none.
func findGraphs(files map[string]hub.File, p Precision, m Machine) []string {
	for _, names := range [][]string{{"vision_model", "text_model"}, {"model"}} {
		for _, suffix := range suffixes(p, m) {
			for _, folder := range []string{"onnx", ""} {
				var found []string
				for _, name := range names {
					file := path.Join(folder, name+suffix+".onnx")
					if _, ok := files[file]; ok {
						found = append(found, file)
					}
				}
				if len(found) == len(names) {
					return found
				}
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

// The files beside the graphs.
var (
	sides = regexp.MustCompile(`^(config|preprocessor_config|processor_config|open_clip_config|tokenizer_config|tokenizer` +
		`|special_tokens_map|added_tokens|vocab)\.json$|^(vocab|merges)\.txt$|^[A-Za-z0-9_.-]{1,64}\.(spm|model)$` +
		`|^pinax\.yaml$|^(LICEN[CS]E|NOTICE|README)(\.md|\.txt)?$`)
	tokenizers = regexp.MustCompile(`^(tokenizer|vocab)\.json$|^vocab\.txt$|\.(spm|model)$`)
)

func isSide(file string) bool { return sides.MatchString(file) }

// checkSides finds out before gigabytes come that a model would not open.
func (c Choice) checkSides() error {
	for what, is := range map[string]func(string) bool{
		"config.json": func(p string) bool { return p == "config.json" || p == "open_clip_config.json" },
		"preprocessor_config.json": func(p string) bool {
			return strings.HasSuffix(p, "processor_config.json") || p == "open_clip_config.json"
		},
		"tokenizer.json": tokenizers.MatchString,
	} {
		if !slices.ContainsFunc(c.Files, func(f hub.File) bool { return is(f.Path) }) {
			return engine.Errorf(engine.CodeUnprocessable, "there is no %s, nor anything that could stand for it", what)
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
func why(p, want Precision, available []Precision, m Machine) string {
	switch {
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
