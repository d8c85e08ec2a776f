package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"pinax/encoder/picture"
	"pinax/encoder/tokenizer"
	"pinax/engine"
)

// The files of a model folder.
const (
	configFile       = "config.json"
	preprocessorFile = "preprocessor_config.json"
	tokenizerFile    = "tokenizer.json"
	cardFile         = "pinax.yaml" // optional
)

const damagedHint = "copy the model folder again, whole: config.json, preprocessor_config.json, tokenizer.json, " +
	"onnx/vision_model.onnx and onnx/text_model.onnx"

// folder is a model folder that has been read and understood, but for the graphs of its towers.
type folder struct {
	config       modelConfig
	card         modelCard
	preprocessor *picture.Preprocessor
	tokenizer    tokenizer.Tokenizer
	vision, text onnxFile
	fingerprint  string
	unverified   []string // files that the card has no checksum of
}

type onnxFile struct {
	path string
	data []byte
}

// modelConfig is what is read from config.json.
type modelConfig struct {
	Name           string  `json:"_name_or_path"`
	Dimension      int     `json:"projection_dim"`
	LogitScaleInit float64 `json:"logit_scale_init_value"` // natural logarithm
	Text           struct {
		MaxPositions int `json:"max_position_embeddings"`
	} `json:"text_config"`
}

// modelCard is what is read from pinax.yaml. Everything in it is optional.
type modelCard struct {
	Name       string   `yaml:"name"`
	Languages  []string `yaml:"languages"`
	Licence    string   `yaml:"licence"`
	LogitScale float64  `yaml:"logit_scale"`
	// Checksums are SHA-256 in hexadecimal by path. A flipped bit in weights still loads, and gives wrong vectors.
	Checksums map[string]string `yaml:"checksums"`
	Text      struct {
		MaxTokens int `yaml:"max_tokens"`
	} `yaml:"text"`
}

// reader reads the files of a folder and remembers their hashes.
type reader struct {
	fsys     fs.FS
	promised map[string]string // path → SHA-256 in hexadecimal, of files that must have it
	hashes   []string          // "<SHA-256 in hexadecimal>  <path>\n", as sha256sum prints them
	others   []string          // files that are promised nothing
}

// readFolder reads a model folder. Its errors have CodeDamaged and name the file.
func readFolder(fsys fs.FS) (*folder, error) {
	var f folder
	var err error
	if f.card, err = readCard(fsys); err != nil {
		return nil, err
	}
	r := &reader{fsys: fsys, promised: f.card.Checksums}
	if err = r.parse(configFile, func(data []byte) error { return json.Unmarshal(data, &f.config) }); err != nil {
		return nil, err
	}
	if err = r.parse(preprocessorFile, func(data []byte) (err error) {
		f.preprocessor, err = picture.ParsePreprocessor(data)
		return err
	}); err != nil {
		return nil, err
	}
	if err = r.parse(tokenizerFile, func(data []byte) (err error) {
		f.tokenizer, err = tokenizer.Parse(data)
		return err
	}); err != nil {
		return nil, err
	}
	if f.vision, err = r.tower("vision_model"); err != nil {
		return nil, err
	}
	if f.text, err = r.tower("text_model"); err != nil {
		return nil, err
	}
	if err := f.limitTokens(); err != nil {
		return nil, err
	}
	f.unverified = r.others
	f.fingerprint = fingerprint(r.hashes, f.tokenizer.MaxTokens())
	return &f, nil
}

func (r *reader) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(r.fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, damaged("the model file %s is missing", name)
	case err != nil:
		return nil, damaged("the model file %s cannot be read: %w", name, err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	switch want, ok := r.promised[name]; {
	case !ok:
		r.others = append(r.others, name)
	case !strings.EqualFold(want, hash):
		return nil, damaged("the model file %s has the SHA-256 %s, and %s says %s", name, hash, cardFile, want)
	}
	r.hashes = append(r.hashes, hash+"  "+name+"\n")
	return data, nil
}

func (r *reader) parse(name string, parse func([]byte) error) error {
	data, err := r.read(name)
	if err != nil {
		return err
	}
	if err := parse(data); err != nil {
		return damaged("the model file %s cannot be used: %w", name, err)
	}
	return nil
}

// tower reads onnx/<name>.onnx, or the only file that begins with the name: hubs add "_fp16", "_quantized" and so on.
func (r *reader) tower(name string) (onnxFile, error) {
	found, err := fs.Glob(r.fsys, "onnx/"+name+"*.onnx")
	if err != nil {
		return onnxFile{}, damaged("the folder onnx cannot be read: %w", err)
	}
	file := path.Join("onnx", name+".onnx")
	if !slices.Contains(found, file) {
		switch len(found) {
		case 0:
			return onnxFile{}, damaged("the model file %s is missing", file)
		case 1:
			file = found[0]
		default:
			return onnxFile{}, damaged("which of %s to use is not clear", strings.Join(found, ", ")).
				WithHint("leave one of them, or name one " + file)
		}
	}
	data, err := r.read(file)
	return onnxFile{path: file, data: data}, err
}

// readCard reads pinax.yaml. It is not part of the fingerprint: a corrected licence changes no vector.
func readCard(fsys fs.FS) (modelCard, error) {
	var card modelCard
	data, err := fs.ReadFile(fsys, cardFile)
	if errors.Is(err, fs.ErrNotExist) {
		return card, nil
	}
	if err != nil {
		return card, damaged("the model file %s cannot be read: %w", cardFile, err)
	}
	if err := yaml.Unmarshal(data, &card); err != nil {
		return card, damaged("the model file %s cannot be used: %w", cardFile, err)
	}
	return card, nil
}

// limitTokens cuts texts to what the text tower has positions for, wherever the folder says so.
func (f *folder) limitTokens() error {
	limit := f.tokenizer.MaxTokens()
	for _, n := range []int{f.config.Text.MaxPositions, f.card.Text.MaxTokens} {
		if n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	if limit == f.tokenizer.MaxTokens() {
		return nil
	}
	cut, err := f.tokenizer.Truncated(limit)
	if err != nil {
		return damaged("the limit of tokens in %s or %s: %w", configFile, cardFile, err)
	}
	f.tokenizer = cut
	return nil
}

// fingerprint is the SHA-256 of one line a file, as sha256sum prints it, sorted by path, and a line with the limit of
// tokens. It covers config.json, preprocessor_config.json, tokenizer.json and the two .onnx files, so it changes
// when vectors may, and these commands repeat it:
//
//	(sha256sum config.json onnx/text_model.onnx onnx/vision_model.onnx preprocessor_config.json tokenizer.json
//	echo max_tokens 24) | sha256sum
func fingerprint(hashes []string, maxTokens int) string {
	sorted := slices.Clone(hashes)
	slices.SortFunc(sorted, func(a, b string) int {
		return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:])
	})
	text := strings.Join(sorted, "") + fmt.Sprintf("max_tokens %d\n", maxTokens)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// name prefers the card's over the one that an export left in config.json.
func (f *folder) name() string {
	switch {
	case f.card.Name != "":
		return f.card.Name
	case f.config.Name != "":
		return path.Base(f.config.Name)
	}
	return "model-" + f.fingerprint[:12]
}

// logitScale is the factor between cosines and logits, 1/temperature. Exports keep the value that training began with
// in config.json, which is of use only when somebody has put the learned one there: CLIP begins at ln(1/0.07) and
// ends at its cap of 100 (Radford et al. 2021, section 2.5).
func (f *folder) logitScale() float64 {
	const clipInit = 2.6592
	switch {
	case f.card.LogitScale > 0:
		return f.card.LogitScale
	case f.config.LogitScaleInit > 0 && math.Abs(f.config.LogitScaleInit-clipInit) > 1e-3:
		return math.Exp(f.config.LogitScaleInit)
	}
	return 100
}

func damaged(format string, args ...any) *engine.Error {
	return engine.Errorf(engine.CodeDamaged, format, args...).WithHint(damagedHint)
}
