package encoder

import (
	"fmt"
	"sync"
	"time"

	"pinax/encoder/onnx"
	"pinax/engine"
)

// visionTower turns input tensors into vectors.
type visionTower struct {
	*tower
	input    string
	shape    [3]int // channels, height, width
	size     int    // their product
	observer engine.Observer
	tensors  sync.Pool // of *tensor
	buffers  sync.Pool // of *visionBuffers
}

// tensor is the preprocessed picture that the tower takes: [channels][height][width].
type tensor struct {
	pixels []float32
}

type visionBuffers struct {
	pixels, floats []float32
}

func openVision(l loader, f *folder, observer engine.Observer) (*visionTower, error) {
	t, err := openTower(l, f.vision, f.config.Dimension)
	if err != nil {
		return nil, err
	}
	v := &visionTower{tower: t, observer: observer}
	v.shape[0], v.shape[1], v.shape[2] = f.preprocessor.Shape()
	v.size = v.shape[0] * v.shape[1] * v.shape[2]
	v.tensors.New = func() any { return &tensor{pixels: make([]float32, v.size)} }
	v.buffers.New = func() any { return new(visionBuffers) }
	if err := v.findInput(); err != nil {
		t.session.Close()
		return nil, damaged("the model file %s cannot be used: %w", f.vision.path, err)
	}
	return v, nil
}

// findInput checks that the graph takes what the preprocessor makes.
func (v *visionTower) findInput() error {
	inputs := v.session.Inputs
	if len(inputs) != 1 || !inputs[0].Type.Float() || len(inputs[0].Shape) != 4 {
		return fmt.Errorf("it wants %s instead of one float32 tensor of pixels", describe(inputs))
	}
	v.input = inputs[0].Name
	for i, n := range inputs[0].Shape[1:] {
		if n >= 0 && int(n) != v.shape[i] {
			return fmt.Errorf("it wants %s, and %s makes %v", describe(inputs), preprocessorFile, v.shape)
		}
	}
	v.maxBatch = max(0, int(inputs[0].Shape[0]))
	return nil
}

// tensor returns room for one picture, with whatever was in it; recycle or run takes it back.
func (v *visionTower) tensor() *tensor { return v.tensors.Get().(*tensor) }

func (v *visionTower) recycle(t *tensor) { v.tensors.Put(t) }

// run encodes a batch of tensors, which it recycles. A vector is nil when it has no direction.
func (v *visionTower) run(tensors []*tensor) ([][]float32, error) {
	start := time.Now()
	n := len(tensors)
	b := v.buffers.Get().(*visionBuffers)
	defer v.buffers.Put(b)
	pixels := tensors[0].pixels
	if n > 1 {
		pixels = b.pixels[:0]
		for _, t := range tensors {
			pixels = append(pixels, t.pixels...)
		}
		b.pixels = pixels
	}
	shape := []int64{int64(n), int64(v.shape[0]), int64(v.shape[1]), int64(v.shape[2])}
	vectors, err := v.tower.run(&b.floats, []onnx.Tensor{{Name: v.input, Shape: shape, Floats: pixels}}, n, 0, func(int) int { return 0 })
	for _, t := range tensors {
		v.recycle(t)
	}
	if err != nil {
		return nil, err
	}
	v.observer.Observe(engine.StageEncodeImage, time.Since(start), n)
	return vectors, nil
}

// grow returns a slice of length n, s itself if it is large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
