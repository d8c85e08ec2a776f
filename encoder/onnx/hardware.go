package onnx

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// HasNVIDIA reports whether the machine has an NVIDIA GPU, whether or not it can be used: it asks the system and no
// driver, since a missing driver is one of the things that it helps to tell.
func HasNVIDIA() bool {
	switch runtime.GOOS {
	case "linux":
		return hasNVIDIA(os.DirFS("/"))
	case "windows":
		_, err := os.Stat(filepath.Join(os.Getenv("SystemRoot"), "System32", "nvcuda.dll"))
		return err == nil
	}
	return false
}

// hasNVIDIA looks at the driver's devices, which is all that a container may see, and at the PCI bus, where a GPU
// without a driver is.
func hasNVIDIA(root fs.FS) bool {
	for _, pattern := range []string{"dev/nvidia[0-9]*", "proc/driver/nvidia/gpus/*", "usr/lib/wsl/lib/libcuda.so.1"} {
		if found, _ := fs.Glob(root, pattern); len(found) > 0 {
			return true
		}
	}
	devices, _ := fs.Glob(root, "sys/bus/pci/devices/*")
	for _, device := range devices {
		vendor, _ := fs.ReadFile(root, path.Join(device, "vendor"))
		class, _ := fs.ReadFile(root, path.Join(device, "class"))
		if bytes.HasPrefix(vendor, []byte("0x10de")) && bytes.HasPrefix(class, []byte("0x03")) { // a display controller
			return true
		}
	}
	return false
}
