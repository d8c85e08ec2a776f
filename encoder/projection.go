package encoder

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
)

// projection is a linear layer between what a graph gives and the space of both towers, for exports that leave it out:
// y = Wx + b.
type projection struct {
	in, out int
	weight  []float32 // [out][in]
	bias    []float32 // [out] or nil
	tanh    bool      // applied to y
	source  string    // the file
	hashes  []string  // of the tensors, as lines of a fingerprint
}

// apply writes the projected x, of length in, to y, of length out.
func (p *projection) apply(x, y []float32) {
	for i := range p.out {
		row := p.weight[i*p.in : (i+1)*p.in]
		var sum float32
		for j, w := range row {
			sum += w * x[j]
		}
		if p.bias != nil {
			sum += p.bias[i]
		}
		if p.tanh {
			sum = float32(math.Tanh(float64(sum)))
		}
		y[i] = sum
	}
}

// weightsFile has all weights of a model as it was trained. Of towers that were exported it is of use only for what the
// export leaves out.
const weightsFile = "model.safetensors"

// denseFolder is where sentence-transformers keeps the layer behind its pooling.
const denseFolder = "2_Dense"

// outside is what lies beside the graphs.
type outside struct {
	vision, text          *projection
	logitScale, logitBias *float64 // as learned: the scale is a natural logarithm
}

// readOutside reads the layers and numbers that exports leave out, where the folder has them.
func (r *reader) readOutside() (o outside, err error) {
	if r.has(weightsFile) {
		if err := r.verify(weightsFile); err != nil {
			return o, err
		}
		if err := r.readWeights(&o); err != nil {
			return o, err
		}
	}
	if dense := denseFolder + "/" + weightsFile; r.has(dense) {
		if o.text, err = r.dense(dense); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (r *reader) readWeights(o *outside) error {
	s, err := openSafetensors(r.fsys, weightsFile)
	if err != nil {
		return unusable(weightsFile, err)
	}
	defer s.close()
	for _, name := range []string{"text_projection", "LinearTransformation"} {
		if o.text, err = linear(s, weightsFile, name); err != nil {
			return err
		}
		if o.text != nil {
			break
		}
	}
	if o.vision, err = linear(s, weightsFile, "visual_projection"); err != nil {
		return err
	}
	if o.logitScale, err = scalar(s, "logit_scale"); err != nil {
		return unusable(weightsFile, err)
	}
	if o.logitBias, err = scalar(s, "logit_bias"); err != nil {
		return unusable(weightsFile, err)
	}
	return nil
}

// dense reads a layer of sentence-transformers and its activation.
func (r *reader) dense(file string) (*projection, error) {
	var config struct {
		Activation string `json:"activation_function"`
	}
	if err := r.parse(denseFolder+"/config.json", func(data []byte) error { return json.Unmarshal(data, &config) }); err != nil {
		return nil, err
	}
	if err := r.verify(file); err != nil {
		return nil, err
	}
	s, err := openSafetensors(r.fsys, file)
	if err != nil {
		return nil, unusable(file, err)
	}
	defer s.close()
	p, err := linear(s, file, "linear")
	if err != nil || p == nil {
		return p, err
	}
	switch config.Activation {
	case "", "torch.nn.modules.linear.Identity":
	case "torch.nn.modules.activation.Tanh":
		p.tanh = true
	default:
		return nil, damaged("the model file %s/config.json has the activation %s, which is not supported", denseFolder, config.Activation)
	}
	return p, nil
}

// note adds the hash of a tensor.
func (p *projection) note(name string, f *floats) {
	p.hashes = append(p.hashes, fmt.Sprintf("%s  %s/%s\n", hex.EncodeToString(f.sum[:]), p.source, name))
}

// linear reads the weight and the bias of a layer, nil when there is none.
func linear(s *safetensors, file, name string) (*projection, error) {
	weight, err := s.read(name + ".weight")
	if err != nil {
		return nil, unusable(file, err)
	}
	if weight == nil {
		return nil, nil
	}
	if len(weight.shape) != 2 || len(weight.values) == 0 {
		return nil, unusable(file, fmt.Errorf("its tensor %q has the shape %v", name+".weight", weight.shape))
	}
	p := &projection{out: weight.shape[0], in: weight.shape[1], weight: weight.values, source: file}
	bias, err := s.read(name + ".bias")
	if err != nil {
		return nil, unusable(file, err)
	}
	if bias != nil {
		if len(bias.values) != p.out {
			return nil, unusable(file, fmt.Errorf("its tensor %q has the shape %v", name+".bias", bias.shape))
		}
		p.bias = bias.values
		p.note(name+".bias", bias)
	}
	p.note(name+".weight", weight)
	return p, nil
}

// scalar reads a single number, nil when there is none.
func scalar(s *safetensors, name string) (*float64, error) {
	f, err := s.read(name)
	if err != nil || f == nil {
		return nil, err
	}
	if len(f.values) != 1 {
		return nil, fmt.Errorf("its tensor %q has the shape %v", name, f.shape)
	}
	v := float64(f.values[0])
	return &v, nil
}
