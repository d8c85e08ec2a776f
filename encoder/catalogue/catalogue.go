// Package catalogue lists models that are known to be good, with what one has to know to choose: how large they are, what
// they understand, how good they are by published numbers, and who may use them for what.
//
//	all, err := catalogue.Load()
//	model, ok := all.Find("clip-vit-b32")
//
// The list is one YAML file, catalogue.yaml, which says what its fields mean and what in them could not be looked up.
package catalogue

import (
	_ "embed" // catalogue.yaml
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed catalogue.yaml
var file []byte

// Catalogue is a list of models in the order of the file.
type Catalogue []Model

// Model is an entry of the catalogue.
type Model struct {
	Name         string   `yaml:"name" json:"name"`
	Repo         string   `yaml:"repo" json:"repo,omitempty"` // with ONNX files; "": none known
	Of           string   `yaml:"of" json:"of"`               // of the original weights
	Architecture string   `yaml:"architecture" json:"architecture"`
	Parameters   float64  `yaml:"parameters" json:"parameters"` // millions
	Dimension    int      `yaml:"dimension" json:"dimension"`
	Image        int      `yaml:"image" json:"image"`         // pixels
	Tokens       int      `yaml:"tokens" json:"tokens"`       // longest text
	Languages    []string `yaml:"languages" json:"languages"` // BCP 47; "mul": many
	Licence      string   `yaml:"licence" json:"licence"`
	Commercial   string   `yaml:"commercial" json:"commercial"` // Yes, No or Unclear
	Quality      Quality  `yaml:"quality" json:"quality"`
	Source       string   `yaml:"source" json:"source"`
	Unverified   []string `yaml:"unverified" json:"unverified,omitempty"` // fields that could not be looked up
	Note         string   `yaml:"note" json:"note,omitempty"`
}

// Whether commercial use is allowed.
const (
	Yes     = "yes"
	No      = "no"
	Unclear = "unclear"
)

// Quality is what was published of a model, zero-shot and in per cent; 0: nothing that compares.
type Quality struct {
	ImageNet float64 `yaml:"imagenet" json:"imagenet,omitempty"` // top-1 accuracy on ImageNet-1k
	COCO     float64 `yaml:"coco" json:"coco,omitempty"`         // recall@1 text → image on COCO
}

// Load reads the catalogue inside the binary.
func Load() (Catalogue, error) {
	var list struct {
		Models Catalogue `yaml:"models"`
	}
	if err := yaml.UnmarshalWithOptions(file, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("catalogue.yaml: %w", err)
	}
	return list.Models, nil
}

// Find returns the model of a name or a repository, the original's included. Case does not matter.
func (c Catalogue) Find(name string) (Model, bool) {
	for _, m := range c {
		for _, known := range []string{m.Name, m.Repo, m.Of} {
			if known != "" && strings.EqualFold(known, name) {
				return m, true
			}
		}
	}
	return Model{}, false
}
