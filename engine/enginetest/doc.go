// Package enginetest has doubles for what an engine needs, for tests of the engine and of what stands on it: an encoder whose
// vectors can be reasoned about, and a backend that keeps everything in a map and searches by brute force.
//
//	e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{enginetest.NewEncoder(32)}, engine.DefaultOptions())
package enginetest
