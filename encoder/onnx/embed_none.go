//go:build !(linux && amd64) && !(linux && arm64) && !(darwin && arm64) && !(windows && amd64) && !(windows && arm64)

package onnx

import "embed"

// bundled is empty: no library is published for this platform, so its path must be configured.
var bundled embed.FS
