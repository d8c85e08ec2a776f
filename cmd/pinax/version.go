package main

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

// Run prints what this binary is made of.
func (versionCommand) Run() error {
	fmt.Printf("pinax %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
