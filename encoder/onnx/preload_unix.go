//go:build unix

package onnx

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

// Both calls in one, because the reason belongs to the thread.
static const char *preload(const char *path) {
	return dlopen(path, RTLD_NOW | RTLD_GLOBAL) ? NULL : dlerror();
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// preload loads a library so that others which need one of its name find it. It stays until the process ends.
func preload(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if reason := C.preload(name); reason != nil {
		return errors.New(C.GoString(reason))
	}
	return nil
}
