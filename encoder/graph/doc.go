// Package graph takes ONNX files apart: it cuts one tower out of a graph that has several, and brings weights home that
// lie in files of their own.
//
//	g, err := graph.Parse(model)            // shares the memory of model
//	err = g.Keep("text_embeds")             // nodes, weights and inputs that lead to this output
//	data, err := g.Encode(os.DirFS("onnx")) // external data is read from there and put inside
//
// It walks the protobuf messages of onnx.proto field by field and copies what it does not need to understand, so that
// models of any version of the format pass through unchanged.
package graph
