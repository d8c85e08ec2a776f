package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"pinax/encoder/picture"
	"pinax/encoder/tokenizer"
	"pinax/engine"
)

// The files of a model folder, under the names that exports have.
const (
	configFile       = "config.json"
	openCLIPFile     = "open_clip_config.json"
	preprocessorFile = "preprocessor_config.json"
	processorFile    = "processor_config.json" // since transformers 5, with the preprocessor in it
	preprocessFile   = "visual/preprocess_cfg.json"
	tokenizerFile    = "tokenizer.json"
	textualFolder    = "textual" // with the text tower and its tokenizer, in exports with a folder a tower
	poolingFile      = "1_Pooling/config.json"
	cardFile         = "pinax.yaml" // optional
)

const damagedHint = "copy the model folder again, whole: config.json, preprocessor_config.json, tokenizer.json, " +
	"onnx/vision_model.onnx and onnx/text_model.onnx"

// folder is a model folder that has been read and understood, but for the sessions of its towers.
type folder struct {
	config       modelConfig
	card         modelCard
	preprocessor *picture.Preprocessor
	tokenizer    tokenizer.Tokenizer
	vision, text onnxFile
	outside      outside
	fingerprint  string
	unverified   []string // files that the card has no checksum of
}

// modelCard is what is read from pinax.yaml. Everything in it is optional.
type modelCard struct {
	Name       string   `yaml:"name"`
	Languages  []string `yaml:"languages"`
	Licence    string   `yaml:"licence"`
	LogitScale float64  `yaml:"logit_scale"`
	LogitBias  float64  `yaml:"logit_bias"`
	// Checksums are SHA-256 in hexadecimal by path. A flipped bit in weights still loads, and gives wrong vectors.
	Checksums map[string]string `yaml:"checksums"`
	Text      struct {
		MaxTokens int     `yaml:"max_tokens"`
		Pooling   pooling `yaml:"pooling"`
		PadID     *int64  `yaml:"pad_id"`
	} `yaml:"text"`
	Image struct {
		Pooling pooling `yaml:"pooling"`
	} `yaml:"image"`
}

// The names of embeddings among the outputs of exports.
func imageEmbeddings() []string {
	return []string{"image_embeds", "image_features", "image_embeddings", "image_embedding", "embedding", "embeddings"}
}

func textEmbeddings() []string {
	return []string{"text_embeds", "text_features", "text_embeddings", "text_embedding", "sentence_embedding", "embedding", "embeddings"}
}

// readFolder reads a model folder. Its errors have CodeDamaged and name the file.
func readFolder(fsys fs.FS, precision Precision) (*folder, error) {
	var f folder
	err := precision.check()
	if err != nil {
		return nil, err
	}
	if f.card, err = readCard(fsys); err != nil {
		return nil, err
	}
	r := newReader(fsys, f.card.Checksums)
	if err := f.readConfig(r); err != nil {
		return nil, err
	}
	if err := f.readPreprocessor(r); err != nil {
		return nil, err
	}
	if err := f.readTokenizer(r); err != nil {
		return nil, err
	}
	if err := f.readTowers(r, precision); err != nil {
		return nil, err
	}
	if err := f.limitTokens(); err != nil {
		return nil, err
	}
	f.unverified = r.others
	f.fingerprint = fingerprint(r.hashes, f.settings())
	return &f, nil
}

// readConfig reads config.json, or what open_clip has in its place.
func (f *folder) readConfig(r *reader) error {
	name, err := r.parseAny(func(data []byte) error { return json.Unmarshal(data, &f.config) }, configFile)
	if err != nil {
		return err
	}
	if name == "" {
		var clip openCLIPConfig
		if name, err = r.parseAny(func(data []byte) error { return json.Unmarshal(data, &clip) }, openCLIPFile); err != nil {
			return err
		}
		f.config.openCLIPModel = clip.Model
	}
	if name == "" {
		return damaged("the model file %s is missing", configFile)
	}
	f.config.settle()
	return nil
}

// readPreprocessor reads how pictures are preprocessed, from the first file that says it.
func (f *folder) readPreprocessor(r *reader) error {
	parse := func(data []byte) (err error) {
		f.preprocessor, err = picture.ParsePreprocessor(data)
		return err
	}
	for _, source := range []struct {
		file  string
		parse func([]byte) error
	}{
		{preprocessorFile, parse},
		{preprocessFile, parse},
		{processorFile, func(data []byte) error { return parseNested(data, parse) }},
		{openCLIPFile, func(data []byte) error {
			var clip openCLIPConfig
			if err := json.Unmarshal(data, &clip); err != nil {
				return err
			}
			data, err := clip.preprocess()
			if err != nil {
				return err
			}
			return parse(data)
		}},
	} {
		if _, err := r.parseAny(source.parse, source.file); err != nil || f.preprocessor != nil {
			return err
		}
	}
	return damaged("the model file %s is missing", preprocessorFile)
}

// parseNested parses the image_processor of a processor_config.json. Before transformers 5 that file had none.
func parseNested(data []byte, parse func([]byte) error) error {
	var all struct {
		Image json.RawMessage `json:"image_processor"`
	}
	if err := json.Unmarshal(data, &all); err != nil || all.Image == nil {
		return err
	}
	return parse(all.Image)
}

func (f *folder) readTokenizer(r *reader) error {
	place, file := fs.FS(r), tokenizerFile
	if inner := textualFolder + "/" + tokenizerFile; !r.has(tokenizerFile) && r.has(inner) {
		file = inner
		var err error
		if place, err = fs.Sub(r, textualFolder); err != nil {
			return unusable(file, err)
		}
	}
	var err error
	if f.tokenizer, err = tokenizer.Open(place); err != nil {
		return fileErrorOr(file, err)
	}
	return nil
}

// readTowers reads the graphs, and what they leave out.
func (f *folder) readTowers(r *reader, precision Precision) error {
	vision, text, err := choose(r.fsys, precision)
	if err != nil {
		return err
	}
	data, err := r.read(vision.path)
	if err != nil {
		return err
	}
	if f.vision, err = r.tower(vision, data, imageEmbeddings()); err != nil {
		return err
	}
	if text.path != vision.path {
		if data, err = r.read(text.path); err != nil {
			return err
		}
	}
	if f.text, err = r.tower(text, data, textEmbeddings()); err != nil {
		return err
	}
	if f.outside, err = r.readOutside(); err != nil {
		return err
	}
	if f.vision.embedding == "" {
		f.vision.project = r.use(f.outside.vision)
	}
	if f.text.embedding == "" {
		f.text.project = r.use(f.outside.text)
	}
	return f.readPooling(r)
}

// readPooling settles how hidden states are pooled: as the card says, or else the files of the export.
func (f *folder) readPooling(r *reader) error {
	f.vision.pooling, f.text.pooling = f.card.Image.Pooling, f.card.Text.Pooling
	for _, p := range []pooling{f.vision.pooling, f.text.pooling} {
		if err := p.check(); err != nil {
			return unusable(cardFile, err)
		}
	}
	if f.text.pooling != "" || f.text.embedding != "" {
		return nil
	}
	f.text.pooling = f.config.textPooling()
	_, err := r.parseAny(func(data []byte) error {
		var s sentencePooling
		err := json.Unmarshal(data, &s)
		if err == nil {
			f.text.pooling, err = s.pooling()
		}
		return err
	}, poolingFile)
	return err
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
		return card, unusable(cardFile, err)
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

// padID is what fills the shorter texts of a batch.
func (f *folder) padID() int64 {
	if f.card.Text.PadID != nil {
		return *f.card.Text.PadID
	}
	if id, ok := f.config.padID(); ok {
		return id
	}
	return f.tokenizer.PadID()
}

// settings are the lines of a fingerprint with what the card decides about vectors.
func (f *folder) settings() string {
	s := fmt.Sprintf("max_tokens %d\n", f.tokenizer.MaxTokens())
	if p := f.card.Text.Pooling; p != "" {
		s += fmt.Sprintf("text.pooling %s\n", p)
	}
	if p := f.card.Image.Pooling; p != "" {
		s += fmt.Sprintf("image.pooling %s\n", p)
	}
	if id := f.card.Text.PadID; id != nil {
		s += fmt.Sprintf("text.pad_id %d\n", *id)
	}
	return s
}

// fingerprint is the SHA-256 of one line a file, as sha256sum prints it, sorted by path, and the settings. It covers
// config.json, preprocessor_config.json, the files of the tokenizer, the two .onnx files and files with their weights, and
// the tensors of layers outside of them, so it changes when vectors may, and these commands repeat it:
//
//	(sha256sum config.json onnx/text_model.onnx onnx/vision_model.onnx preprocessor_config.json tokenizer.json
//	echo max_tokens 24) | sha256sum
func fingerprint(hashes []string, settings string) string {
	sorted := slices.Clone(hashes)
	slices.SortFunc(sorted, func(a, b string) int {
		return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:])
	})
	sum := sha256.Sum256([]byte(strings.Join(sorted, "") + settings))
	return hex.EncodeToString(sum[:])
}

// name prefers the card's over the one that an export left in config.json.
func (f *folder) name() string {
	if f.card.Name != "" {
		return f.card.Name
	}
	if name := f.config.name(); name != "" {
		return name
	}
	return "model-" + f.fingerprint[:12]
}

// logit returns the factor between cosines and logits, 1/temperature, and what is added then. The bias is 0 but for models
// that were trained with a sigmoid a pair (SigLIP), whose probability is 1/(1+exp(−scale·cosine−bias)).
func (f *folder) logit() (scale, bias float64) {
	scale, bias = f.config.logitScale(f.outside.logitScale), f.card.LogitBias
	if f.card.LogitScale > 0 {
		scale = f.card.LogitScale
	}
	if b := f.outside.logitBias; b != nil && bias == 0 {
		bias = *b
	}
	return scale, bias
}

func damaged(format string, args ...any) *engine.Error {
	return engine.Errorf(engine.CodeDamaged, format, args...).WithHint(damagedHint)
}
