package onnx

import (
	"io/fs"
	"os"
)

// The folder for temporary files is each user's own on Windows.

func userID() string { return os.Getenv("USERNAME") }

func ownedAndPrivate(fs.FileInfo) bool { return true }
