package onnx

import "golang.org/x/sys/windows"

// preload loads a library so that others which need one of its name find it. It stays until the process ends.
func preload(path string) error {
	_, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	return err
}
