package onnx

import "embed"

// bundled holds the library when encoder/onnx/fetch.py has run before the build.
//
//go:embed all:lib/linux_arm64
var bundled embed.FS
