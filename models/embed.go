// Package models carries the encoder that is bundled with the binary, as a file system whose top-level folders are model
// folders.
//
//	mini, err := fs.Sub(models.FS, models.Default)
package models

import "embed"

// Default names the folder of the encoder that is used unless another is configured.
const Default = "pinax-mini"

// FS holds the bundled model folders.
//
//go:embed pinax-mini
var FS embed.FS
