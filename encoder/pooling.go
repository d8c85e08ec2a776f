package encoder

import "fmt"

// pooling says how the hidden states of tokens become one vector. The names are those of sentence-transformers and of
// text.pooling and image.pooling in pinax.yaml.
type pooling string

const (
	firstPooling pooling = "cls"  // the state of the first token
	meanPooling  pooling = "mean" // the mean over tokens that are no padding
	lastPooling  pooling = "last" // the state of the last token, of padding where the tower sees padding
	eosPooling   pooling = "eos"  // the state of the last token that is no padding
)

func (p pooling) check() error {
	switch p {
	case "", firstPooling, meanPooling, lastPooling, eosPooling:
		return nil
	}
	return fmt.Errorf("the pooling %q is none of cls, mean, last and eos", string(p))
}

// apply pools states, [tokens][width], of which the first filled ones are no padding.
func (p pooling) apply(states []float32, width, filled int, dst []float32) {
	at := 0
	switch p {
	case meanPooling:
		mean(states[:filled*width], width, dst)
		return
	case lastPooling:
		at = len(states)/width - 1
	case eosPooling:
		at = filled - 1
	}
	copy(dst, states[at*width:(at+1)*width])
}

func mean(states []float32, width int, dst []float32) {
	clear(dst)
	for i := 0; i < len(states); i += width {
		for j, v := range states[i : i+width] {
			dst[j] += v
		}
	}
	n := float32(len(states) / width)
	for j := range dst {
		dst[j] /= n
	}
}

// spatialMean is the mean over height and width of features, [channels][positions], as a ResNet ends.
func spatialMean(features []float32, positions int, dst []float32) {
	for c := range dst {
		var sum float32
		for _, v := range features[c*positions : (c+1)*positions] {
			sum += v
		}
		dst[c] = sum / float32(positions)
	}
}

// sentencePooling is 1_Pooling/config.json of sentence-transformers.
type sentencePooling struct {
	First bool `json:"pooling_mode_cls_token"`
	Mean  bool `json:"pooling_mode_mean_tokens"`
	Last  bool `json:"pooling_mode_lasttoken"`
}

func (s sentencePooling) pooling() (pooling, error) {
	switch s {
	case sentencePooling{First: true}:
		return firstPooling, nil
	case sentencePooling{Mean: true}:
		return meanPooling, nil
	case sentencePooling{Last: true}:
		return eosPooling, nil // its last token is the last one that the mask does not hide
	}
	return "", fmt.Errorf("it names no pooling of cls, mean and lasttoken, or more than one")
}
