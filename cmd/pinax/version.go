package main

import (
	"fmt"
	"runtime"

	"pinax/encoder/onnx"
)

type versionCommand struct {
	Licences bool `help:"Print the notices of the ONNX Runtime inside this binary."`
}

// Run prints what this binary is made of.
func (cmd versionCommand) Run() error {
	if cmd.Licences {
		notices, err := onnx.Notices()
		if err == nil {
			fmt.Print(notices)
		}
		return err
	}
	fmt.Printf("pinax %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
