// Package onnx runs ONNX models with the ONNX Runtime library, which it brings along.
//
//	rt, err := onnx.Start(onnx.Library{})             // once a process; unpacks and loads the bundled library
//	session, err := rt.NewSession(model, onnx.SessionOptions{})
//	err = session.Run([]onnx.Tensor{{Name: "pixel_values", Shape: []int64{8, 3, 80, 80}, Floats: pixels}},
//		"image_embeds", []int64{8, 256}, vectors)
//
// The library is embedded in the binary if fetch.py has put it under lib before the build. A shared library cannot be
// loaded from memory, so it is unpacked once into a cache folder named by its hash.
//
// Everything that touches the Go binding's process-wide state is in runtime.go.
package onnx
