package encoder

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pinax/engine"
)

// Precision is how the numbers of a model's weights are kept.
type Precision string

// The precisions. AnyPrecision takes the most precise one that the folder has.
const (
	AnyPrecision Precision = "auto"
	F32          Precision = "f32"
	F16          Precision = "f16"
	Int8         Precision = "int8"
)

// check returns an error with CodeInvalid for a precision that is none.
func (p Precision) check() error {
	switch p {
	case "", AnyPrecision, F32, F16, Int8:
		return nil
	}
	return engine.Errorf(engine.CodeInvalid, "encoder.precision is %q", string(p)).WithHint("it is auto, f32, f16 or int8")
}

// fewerBits is what no option names: four bits, and endings that are not known. AnyPrecision takes them when nothing else is there.
const fewerBits Precision = "other"

// role says which towers a file has.
type role int

const (
	visionRole role = iota + 1
	textRole
	bothRoles
)

// stems are the beginnings of names that exports have, the longer ones first where one begins like another.
func stems(r role) []string {
	switch r {
	case visionRole:
		return []string{"vision_model", "vision_encoder", "visual_model", "visual_encoder", "image_model", "image_encoder", "visual"}
	case textRole:
		return []string{"text_model", "text_encoder", "textual_model", "textual", "text"}
	}
	return []string{"model"}
}

// variant is one .onnx file of a folder and what its name says.
type variant struct {
	path      string
	role      role
	precision Precision
	rank      int // among files of one role and precision, the lowest first
}

// variants lists the .onnx files that can be towers, in the places where exports put them.
func variants(fsys fs.FS) ([]variant, error) {
	var all []variant
	for place, folder := range []string{"onnx", ".", "visual", "textual"} {
		files, err := fs.Glob(fsys, path.Join(folder, "*.onnx"))
		if err != nil {
			return nil, damaged("the folder %s cannot be read: %w", folder, err)
		}
		for _, file := range files {
			if v, ok := variantOf(file); ok {
				v.rank += 10 * place
				all = append(all, v)
			}
		}
	}
	slices.SortFunc(all, func(a, b variant) int { return cmp.Compare(a.rank, b.rank) })
	return all, nil
}

func variantOf(file string) (variant, bool) {
	folder, name := path.Dir(file), strings.TrimSuffix(path.Base(file), ".onnx")
	for _, r := range []role{visionRole, textRole, bothRoles} {
		for _, stem := range stems(r) {
			ending, ok := strings.CutPrefix(name, stem)
			if !ok || ending != "" && !strings.ContainsAny(ending[:1], "_-.") {
				continue
			}
			v := variant{path: file, role: r}
			v.precision, v.rank = precisionOf(ending)
			switch { // visual/model.onnx
			case r == bothRoles && folder == "visual":
				v.role = visionRole
			case r == bothRoles && folder == "textual":
				v.role = textRole
			}
			return v, true
		}
	}
	return variant{}, false
}

// precisionOf reads the ending of a name. Files of 8 bits differ in whether weights have a sign: those without lose less
// on processors that have no VNNI, where sums of signed products saturate.
func precisionOf(ending string) (p Precision, rank int) {
	e := strings.ToLower(strings.TrimLeft(ending, "_-."))
	switch {
	case e == "", e == "fp32", e == "f32", e == "o1", e == "o2", e == "o3":
		return F32, len(e)
	case e == "fp16", e == "f16", e == "float16", e == "o4":
		return F16, len(e) % 2
	case strings.HasPrefix(e, "uint8"), strings.HasPrefix(e, "quint8"):
		return Int8, 0
	case strings.HasPrefix(e, "int8"), strings.HasPrefix(e, "qint8"):
		return Int8, 1
	case e == "quantized", e == "q8":
		return Int8, 2
	}
	return fewerBits, 0
}

// choose returns the files of both towers, which are one file where the folder has no others of the precision.
func choose(fsys fs.FS, wanted Precision) (vision, text variant, err error) {
	all, err := variants(fsys)
	if err != nil {
		return vision, text, err
	}
	order := []Precision{F32, F16, Int8, fewerBits}
	if wanted != AnyPrecision && wanted != "" {
		order = []Precision{wanted}
	}
	vision, errVision := best(all, visionRole, order)
	text, errText := best(all, textRole, order)
	if errVision == nil && errText == nil {
		return vision, text, nil
	}
	both, errBoth := best(all, bothRoles, order)
	switch {
	case errBoth == nil:
		return both, both, nil
	case errVision != nil:
		return vision, text, errVision
	}
	return vision, text, errText
}

// best returns the first file of a role in the order of precisions.
func best(all []variant, r role, order []Precision) (variant, error) {
	var others []string
	for _, p := range order {
		var fitting []variant
		for _, v := range all {
			if v.role == r && v.precision == p && (len(fitting) == 0 || v.rank == fitting[0].rank) {
				fitting = append(fitting, v)
			}
		}
		switch len(fitting) {
		case 0:
			continue
		case 1:
			return fitting[0], nil
		}
		names := make([]string, len(fitting))
		for i, v := range fitting {
			names[i] = v.path
		}
		return variant{}, damaged("which of %s to use is not clear", strings.Join(names, ", ")).
			WithHint(fmt.Sprintf("leave one of them, or name one onnx/%s.onnx", stems(r)[0]))
	}
	for _, v := range all {
		if v.role == r {
			others = append(others, v.path)
		}
	}
	missing := fmt.Sprintf("onnx/%s.onnx", stems(r)[0])
	if len(others) > 0 {
		return variant{}, damaged("the model file %s is missing in the precision %s; there are %s", missing, order[0],
			strings.Join(others, ", ")).WithHint("set encoder.precision to auto, or add the file")
	}
	return variant{}, damaged("the model file %s is missing", missing)
}
