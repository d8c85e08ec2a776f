package encoder

import (
	"encoding/json"
	"math"
	"path"
	"strings"
)

// modelConfig is what is read from config.json, in the words of transformers or of open_clip.
type modelConfig struct {
	Name           string  `json:"_name_or_path"`
	Type           string  `json:"model_type"`
	Dimension      int     `json:"projection_dim"`
	MCLIPDimension int     `json:"numDims"`
	LogitScaleInit float64 `json:"logit_scale_init_value"` // natural logarithm
	Text           struct {
		Type         string `json:"model_type"`
		MaxPositions int    `json:"max_position_embeddings"`
		Pooler       string `json:"pooler_type"` // jina-clip
	} `json:"text_config"`
	openCLIPModel
}

// openCLIPModel is open_clip's "model_cfg".
type openCLIPModel struct {
	EmbedDim  int `json:"embed_dim"`
	VisionCfg *struct {
		ImageSize json.RawMessage `json:"image_size"`
	} `json:"vision_cfg"`
	TextCfg *struct {
		ContextLength int    `json:"context_length"`
		HFTokenizer   string `json:"hf_tokenizer_name"`
		HFPooler      string `json:"hf_pooler_type"`
		Pooler        string `json:"pooler_type"`
	} `json:"text_cfg"`
}

// openCLIPConfig is open_clip_config.json.
type openCLIPConfig struct {
	Model      openCLIPModel              `json:"model_cfg"`
	Preprocess map[string]json.RawMessage `json:"preprocess_cfg"`
}

// preprocess returns the preprocess_cfg; the size in it, where it has none, is that of the vision tower.
func (c *openCLIPConfig) preprocess() ([]byte, error) {
	all := map[string]json.RawMessage{"resize_mode": json.RawMessage(`"shortest"`)}
	if v := c.Model.VisionCfg; v != nil && v.ImageSize != nil {
		all["size"] = v.ImageSize
	}
	for key, value := range c.Preprocess {
		if string(value) != "null" {
			all[key] = value
		}
	}
	return json.Marshal(all)
}

// settle makes one of what the two spellings say.
func (c *modelConfig) settle() {
	for _, n := range []int{c.MCLIPDimension, c.EmbedDim} {
		if c.Dimension == 0 {
			c.Dimension = n
		}
	}
	if c.TextCfg != nil && c.Text.MaxPositions == 0 {
		c.Text.MaxPositions = c.TextCfg.ContextLength
	}
	if c.Text.MaxPositions == 0 {
		c.Text.MaxPositions = positions(c.Type)
	}
	if c.Text.Type == "xlm-roberta" || c.Text.Type == "roberta" {
		c.Text.MaxPositions = max(0, c.Text.MaxPositions-2) // fairseq counts positions from behind the id of padding, which is 1
	}
}

// positions are those of an architecture's text tower, which exports leave out of config.json where they are the default;
// 0 where it has no default.
func positions(modelType string) int {
	switch modelType {
	case "clip":
		return 77
	case "siglip", "siglip2":
		return 64
	case "chinese_clip":
		return 512
	}
	return 0
}

// padID is what texts are padded with where it is not what the tokenizer says: open_clip's own tokenizer leaves zeros.
func (c *modelConfig) padID() (id int64, ok bool) {
	return 0, c.TextCfg != nil && c.TextCfg.HFTokenizer == ""
}

// textPooling is the pooling that the configuration names or its architecture has, "" when neither does.
func (c *modelConfig) textPooling() pooling {
	named := c.Text.Pooler
	if c.TextCfg != nil && named == "" {
		if named = c.TextCfg.HFPooler; named == "" {
			named = c.TextCfg.Pooler
		}
	}
	switch strings.TrimSuffix(named, "_pooler") {
	case "mean":
		return meanPooling
	case "cls", "cls_last_hidden_state":
		return firstPooling
	}
	switch c.Type {
	case "M-CLIP":
		return meanPooling
	case "chinese_clip":
		return firstPooling
	}
	return ""
}

// name is the name that an export left in the configuration, "" when it left none.
func (c *modelConfig) name() string {
	if c.Name == "" {
		return ""
	}
	return path.Base(c.Name)
}

// logitScale is e to the learned scale, or to the value that training began with where that was replaced by the learned
// one: CLIP begins at ln(1/0.07) and ends at its cap of 100 (Radford et al. 2021, section 2.5).
func (c *modelConfig) logitScale(learned *float64) float64 {
	const clipInit = 2.6592
	switch {
	case learned != nil:
		return math.Exp(*learned)
	case c.LogitScaleInit > 0 && math.Abs(c.LogitScaleInit-clipInit) > 1e-3:
		return math.Exp(c.LogitScaleInit)
	}
	return 100
}
